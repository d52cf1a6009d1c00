"""Plays: the timeline from an instant on, with picture and sound in step, as a stream that is made while it is read."""
