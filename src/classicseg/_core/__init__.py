"""What every algorithm stands on; knows no algorithm."""
