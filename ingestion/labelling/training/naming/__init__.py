"""How the name tagger is trained: `python -m ingestion.labelling.training.naming`."""
