"""The couriers' service: list and fetch envelopes, post a dispatch. It can delete nothing.

``app`` is the web half and is loaded by the server alone; ``cli`` is for the operator.
"""
