"""Twilio's voice cloud, played: telephones, calls, conferences and recordings, and the documents that steer them.

Written from the description of Twilio's service and apart from the connector, so that a mistake of one shows in the
other. `connectors.twilio_voice.simulator` is its HTTP side.
"""
