"""Walks the story of the example over HTTP, as a browser and an API client would."""
