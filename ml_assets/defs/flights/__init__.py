"""The pipeline `flights`: whether a flight out of New York will arrive more than 15 minutes late."""
