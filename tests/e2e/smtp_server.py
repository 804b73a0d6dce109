#!/usr/bin/python3
"""An SMTP server for tests (Debian's python3-aiosmtpd): prints its port, and keeps what it takes in FOLDER, a file a message.

By the recipient's local part: refuse* 550, full* 451, drop* closes the connection once the text is through, without an answer, slow* answers after 3 seconds, anything else is taken."""
import asyncio, os, sys, time
from aiosmtpd.smtp import SMTP

folder = sys.argv[1]
count = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name.startswith("refuse"):
            return "550 5.1.1 no such mailbox"
        if name.startswith("full"):
            return "451 4.2.2 mailbox full, try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        name = envelope.rcpt_tos[0].split("@")[0]
        if name.startswith("drop"):
            server.transport.abort()
            return "421 gone"
        if name.startswith("slow"):
            await asyncio.sleep(3)
        count += 1
        with open(os.path.join(folder, "%04d.eml" % count), "wb") as f:
            f.write(("X-Envelope-From: %s\r\nX-Envelope-To: %s\r\n" % (envelope.mail_from, ",".join(envelope.rcpt_tos))).encode() + envelope.content)
        return "250 OK taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="test.example"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(600)


asyncio.run(main())
