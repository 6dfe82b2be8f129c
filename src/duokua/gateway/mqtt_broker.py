"""The embedded MQTT broker (内置消息服务): devices publish, nobody else listens.

Of amqtt it takes the protocol. A message is on the disk before it is acknowledged; who connects is
asked for the key before any session is touched; client ids are kept apart by sender, so that nobody
takes over another's session; nothing is retained or passed on.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import MQTTError
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from duokua.gateway.gathering import Gathering
from duokua.kernel.errors import Unavailable
from duokua.serving.arrivals import from_topic
from duokua.serving.senders import Senders

MOST_CONNECTIONS = 10_000
_log = logging.getLogger("duokua.mqtt")


class Handler(BrokerProtocolHandler):
    """One connection; what it publishes is durable before the library acknowledges it."""

    log: Gathering
    senders: Senders

    async def handle_publish(self, publish_packet: Any) -> None:
        """Take a message; where that cannot be done the connection ends without an acknowledgement."""
        topic, data, session = publish_packet.topic_name, publish_packet.data, self.session
        if session is None or topic is None or data is None:
            return
        arrival = from_topic(topic, bytes(data), session.username, time.time())
        known = self.senders.holder(session.password or "")  # the key may have been revoked since
        streams = known.streams if known else frozenset()
        if arrival is None or arrival.stream not in streams or not self.log.has_room():
            await self.handle_connection_closed()
            return
        try:
            await self.log.durable(arrival.packed())
        except Unavailable:
            await self.handle_connection_closed()
            return
        await super().handle_publish(publish_packet)


class EmbeddedBroker(Broker):
    """A broker for senders of streams."""

    def __init__(self, host: str, port: int, senders: Senders, log: Gathering) -> None:
        listener = ListenerConfig(bind=f"{host}:{port}", max_connections=MOST_CONNECTIONS)
        super().__init__(BrokerConfig(listeners={"default": listener}, plugins={}))
        self._senders = senders
        self._handlers: type[Handler] = type(
            "_Handler", (Handler,), {"log": log, "senders": senders}
        )

    async def _initialize_client_session(
        self, reader: Any, writer: Any, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Ask for the key before a session of that name is looked for: it may be another's."""
        handler, session = await self._handlers.init_from_connect(
            reader, writer, self.plugins_manager
        )
        sender = self._senders.holder(session.password or "")
        if sender is None or session.username != sender.id:
            handler.attach(session, reader, writer)
            await handler.mqtt_connack_authorize(False)
            await writer.close()
            raise MQTTError("the key is not valid")
        session.client_id = f"{sender.id}/{session.client_id or id(session)}"
        session.clean_session = True
        session.will_flag = False
        session.parent = 0
        if session.client_id in self._sessions:  # the same sender again: the newest counts
            _, before = self._sessions[session.client_id]
            await before.handle_connection_closed()
            await self._delete_session(session.client_id)
        return handler, session

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        return True  # it has been asked before its session was made

    async def _topic_filtering(self, session: Session, topic: str, action: Any) -> bool:
        return False  # nothing is passed on

    async def _handle_message_delivery(self, client_session: Any, handler: Any, wait: Any) -> bool:
        wait.result()  # it is in the log
        return True
