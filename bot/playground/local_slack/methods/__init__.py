"""The methods of the Web API, a module for each family, and one table of them all."""
