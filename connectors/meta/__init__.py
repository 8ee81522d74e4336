"""Meta's messaging: Instagram and Messenger, two connectors over one Graph client."""
