#!/usr/bin/env python3
"""A real SMTP server (aiosmtpd) that fails where it is told to. What it accepts is stored in a folder: NNNN.eml as it came, and a line of
envelopes.jsonl for each. How it behaves is told by the recipient's local part (before a "+"), of MAIL by the sender's, of EHLO by the name given
there; what comes before EHLO has ports of its own. One JSON object with all ports goes to standard output; it stays until standard input ends.
Exit 77: aiosmtpd is not there.

    smtp_server.py FOLDER [CERTIFICATE KEY]
"""
import asyncio
import json
import logging
import os
import ssl
import sys
import warnings

try:
    from aiosmtpd.smtp import SMTP, AuthResult, syntax
except ImportError:
    sys.exit(77)

FOREVER = 3600
logging.disable()  # connections are dropped on purpose
warnings.simplefilter("ignore")

# Answers to RCPT, and to the text.
TO_RECIPIENT = {
    "unknown": "550 5.1.1 No such person here",
    "bare": "550 go away",
    "policy": "550 5.7.1 We do not like you",
    "full": "452 4.2.2 Mailbox full",
    "later": "451 4.7.1 Greylisted, come back in 5 minutes",
    "nasty": "550 5.1.1 no\x1b[31m\x07 such\t\x85\xff person",
    "long": "\r\n".join("550-5.1.1 " + str(i) + "x" * 480 for i in range(9)) + "\r\n550 5.1.1 " + "y" * 480,
    "closing": "421 4.3.2 Shutting down",
}
TO_TEXT = {
    "spam": "554 5.7.1 This is spam",
    "busy": "451 4.3.0 Out of disk",
    "gone": "550 5.1.1 It is gone after all",
    "taken": "250 2.0.0 Ok, queued as 1234",
}


def mode(address):
    return (address or "").split("@")[0].split("+")[0]


class Server(SMTP):
    def drop(self):
        self.transport.abort()
        return asyncio.sleep(FOREVER)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname):
        name = (hostname or "").split(".")[0]
        if name == "drop-ehlo":
            await self.drop()
        if name == "hang-ehlo":
            await asyncio.sleep(FOREVER)
        if name == "refuse-ehlo":
            return await self.push("554 5.7.1 Not from you")
        await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname):
        await (self.push("554 5.7.1 Not from you") if (hostname or "").startswith("refuse-ehlo") else super().smtp_HELO(hostname))

    async def smtp_MAIL(self, arg):
        sender = mode((arg or "").partition("<")[2])
        if sender == "drop-mail":
            await self.drop()
        if sender == "hang-mail":
            await asyncio.sleep(FOREVER)
        if sender == "refuse-mail":
            return await self.push("550 5.7.1 Not from this sender")
        if sender == "large":
            return await self.push("552 5.3.4 Too large")
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        to = mode((arg or "").partition("<")[2])
        if to == "drop-rcpt":
            await self.drop()
        if to == "hang-rcpt":
            await asyncio.sleep(FOREVER)
        if to in TO_RECIPIENT:
            self._writer.write((TO_RECIPIENT[to] + "\r\n").encode("latin-1"))
            await self._writer.drain()
            if to == "closing":
                self.transport.close()
            return
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        to = mode(self.envelope.rcpt_tos[0]) if self.envelope.rcpt_tos else ""
        if to == "drop-data":
            await self.drop()
        if to == "hang-data":
            await asyncio.sleep(FOREVER)
        if to == "refuse-data":
            return await self.push("554 5.5.1 No valid recipients")
        if to == "later-data":
            return await self.push("451 4.3.0 Not now")
        if to == "drop-354":
            await self.push("354 go on")
            await self.drop()
        if to in ("drop-body", "hang-body"):
            await self.push("354 go on")
            await self._reader.readexactly(3000)
            await (self.drop() if to == "drop-body" else asyncio.sleep(FOREVER))
        await super().smtp_DATA(arg)


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.n = 0

    async def handle_DATA(self, server, session, envelope):
        to = mode(envelope.rcpt_tos[0])
        if to == "drop-dot":
            await server.drop()
        if to == "hang-dot":
            await asyncio.sleep(FOREVER)
        if to in TO_TEXT and TO_TEXT[to][0] != "2":
            return TO_TEXT[to]
        self.n += 1
        with open(os.path.join(self.folder, "%04d.eml" % self.n), "wb") as f:
            f.write(envelope.original_content)
        line = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "peer": session.peer[1], "tls": session.ssl is not None, "user": bool(session.authenticated)}
        with open(os.path.join(self.folder, "envelopes.jsonl"), "a") as f:
            f.write(json.dumps(line) + "\n")
        if to == "drop-stored":
            await server.drop()
        if to == "half-answer":
            await server.push("250-2.0.0 Nearly")
            await server.drop()
        if to == "leaves":  # answers and goes at once: the kept connection is dead when the next message comes
            await server.push("250 2.0.0 Ok")
            server.transport.close()
            await asyncio.sleep(FOREVER)
        return TO_TEXT.get(to, "250 2.0.0 Ok")


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"marram" and data.password == b"open sesame", handled=False)


async def silent(reader, writer):
    await asyncio.sleep(FOREVER)


async def closing(reader, writer):
    writer.transport.abort()


async def unwilling(reader, writer):
    writer.write(b"554 5.3.2 No service here\r\n")
    await writer.drain()
    writer.close()


async def main(folder, certificate=None, key=None):
    loop = asyncio.get_running_loop()
    handler = Handler(folder)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def server(**more):
        return lambda: Server(handler, enable_SMTPUTF8=False, timeout=600, authenticator=login, hostname="mail.test", **more)

    listening = {
        "plain": await loop.create_server(server(auth_require_tls=False), "127.0.0.1", 0),
        "silent": await asyncio.start_server(silent, "127.0.0.1", 0),
        "closing": await asyncio.start_server(closing, "127.0.0.1", 0),
        "unwilling": await asyncio.start_server(unwilling, "127.0.0.1", 0),
    }
    if context:
        listening["starttls"] = await loop.create_server(server(tls_context=context, require_starttls=True), "127.0.0.1", 0)
        listening["smtps"] = await loop.create_server(server(auth_require_tls=False), "127.0.0.1", 0, ssl=context)
    print(json.dumps({name: s.sockets[0].getsockname()[1] for name, s in listening.items()}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *unused: None)
    loop.run_until_complete(main(*sys.argv[1:]))
    os._exit(0)
