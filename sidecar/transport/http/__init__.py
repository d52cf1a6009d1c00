"""HTTP and WebSocket on the loopback address, in the same run as stdio.

`site` decides when; everything else is imported when somebody first connects or has something to fetch.
"""
