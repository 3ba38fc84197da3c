"""A live page: a local server, a channel of events, and a watch on files."""

from archdsl.viewer.channel import Channel
from archdsl.viewer.server import EVENTS, Server
from archdsl.viewer.watch import stamps, wait_for_change

__all__ = ["EVENTS", "Channel", "Server", "stamps", "wait_for_change"]
