"""How the shipped weights and name lists were made; nothing here is imported when texts are labelled."""
