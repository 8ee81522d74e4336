"""What every connector to Twilio needs: an account's settings, its API, its signature, its errors in words.

No connector itself: text messages and calls are connectors of their own, which know this package and not each other.
"""
