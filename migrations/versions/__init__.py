"""One module per revision, each with its way back."""
