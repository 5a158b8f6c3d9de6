"""The program is ended at every named point of its life, and started again: nothing lost, nothing twice."""
