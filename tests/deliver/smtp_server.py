"""SMTP servers for the tests of delivery: smtp_server.py FOLDER CERTIFICATE. Prints "NAME PORT" for each, then "ready"; ends with its parent.

accept, tls, auth   Debian's aiosmtpd, without TLS, with STARTTLS required, with a login (user, secret) over STARTTLS. What is accepted is stored as FOLDER/N.eml, the
                    envelope as FOLDER/N.envelope; each connection is a line of FOLDER/connections. By recipient: refuse550@, full552@, later451@, delay@ (5 s), closing@ (the
                    connection ends after the message was taken), text554@ (refused once it was read).
raw                 sockets alone. The client's EHLO name says what goes wrong: POINT-WHAT[-TEXT] with POINT ehlo, mail, rcpt, data, body, dot and WHAT drop (the connection is
                    reset), hang (no answer), or a code to answer with. "dot-250x": taken over, and then the connection is reset.
connect-WHAT        the same before anything was said.
"""
import asyncio, os, socket, ssl, struct, sys, threading, time

from aiosmtpd.smtp import SMTP, AuthResult

folder, certificate = sys.argv[1:3]
stored = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        who = address.split("@")[0]
        answers = {"refuse550": "550 5.1.1 no such user here", "full552": "552 5.2.2 mailbox is full", "later451": "451 4.7.1 greylisted, try later",
                   "nocode550": "550 unknown", "policy550": "550 5.7.1 relaying denied"}
        if who in answers:
            return answers[who]
        if who == "delay":
            await asyncio.sleep(5)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global stored
        if envelope.rcpt_tos[0].startswith("text554"):
            return "554 5.6.0 we do not like the text"
        with open(f"{folder}/{stored}.eml", "wb") as f:
            f.write(envelope.original_content)
        with open(f"{folder}/{stored}.envelope", "w") as f:
            f.write(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}\n")
        stored += 1
        if envelope.rcpt_tos[0].startswith("closing"):
            asyncio.get_running_loop().call_later(0.05, server.transport.abort)
        return "250 2.0.0 taken over"


class Counted(SMTP):
    def connection_made(self, transport):
        if self.session is None:
            with open(f"{folder}/connections", "a") as f:
                f.write("one\n")
        super().connection_made(transport)


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=getattr(data, "login", b"") == b"user" and getattr(data, "password", b"") == b"secret", handled=False)


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Stop(Exception):
    pass


def act(s, what):
    if what == "drop":
        reset(s)
        raise Stop
    if what == "hang":
        time.sleep(30)
        raise Stop
    s.sendall(what.encode() + b" said by the test\r\n")


def converse(s, at_connect):
    f = s.makefile("rb")
    if at_connect:
        act(s, at_connect)
        return
    s.sendall(b"220 raw\r\n")
    point = what = ""
    while True:
        line = f.readline()
        if not line:
            return
        word = line[:4].upper().decode("latin-1")
        if word in ("EHLO", "HELO"):
            point, _, what = line.split()[1].decode().partition("-")
        if word == "QUIT":
            s.sendall(b"221 bye\r\n")
            return
        if point == word.strip().lower().replace("helo", "ehlo"):
            act(s, what)
            continue
        if word != "DATA":
            s.sendall(b"250-raw\r\n250 8BITMIME\r\n" if word == "EHLO" else b"250 OK\r\n")
            continue
        s.sendall(b"354 go on\r\n")
        if point == "body":
            f.read(1000)
            act(s, what)
            reset(s)
            return
        while f.readline() not in (b".\r\n", b""):
            pass
        if point == "dot":
            act(s, what.rstrip("x"))
            if what.endswith("x"):
                time.sleep(0.05)
                reset(s)
                return
        else:
            s.sendall(b"250 taken over\r\n")


def guarded(s, at_connect):
    try:
        converse(s, at_connect)
    except (Stop, OSError):
        pass
    try:
        s.close()
    except OSError:
        pass


def serve(name, at_connect=""):
    s = socket.create_server(("127.0.0.1", 0))
    print(name, s.getsockname()[1])

    def loop():
        while True:
            c, _ = s.accept()
            threading.Thread(target=guarded, args=(c, at_connect), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


async def main():
    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    kinds = {"accept": {}, "tls": {"tls_context": context, "require_starttls": True}, "auth": {"tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": True}}
    for name, options in kinds.items():
        server = await loop.create_server(lambda o=options: Counted(Handler(), hostname="test", timeout=60, **o), "127.0.0.1", 0)
        print(name, server.sockets[0].getsockname()[1])
    smtps = await loop.create_server(lambda: Counted(Handler(), hostname="test", timeout=60), "127.0.0.1", 0, ssl=context)
    print("smtps", smtps.sockets[0].getsockname()[1])
    serve("raw")
    for what in ("drop", "hang", "421", "554"):
        serve("connect-" + what, what)
    print("ready", 0, flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


asyncio.run(main())
