"""What the program shows of itself: numbers for Prometheus, and a trace for each job."""
