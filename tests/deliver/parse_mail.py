"""parse_mail.py FILE: the message as Python's email package reads it, as JSON: headers, subject, the addresses, plain, html, defects."""
import email, email.header, email.policy, email.utils, json, sys

data = open(sys.argv[1], "rb").read()
m = email.message_from_bytes(data, policy=email.policy.SMTP)
plain, html = m.get_body(("plain",)), m.get_body(("html",))
old = email.message_from_bytes(data)  # the newer policy puts blanks between the encoded words of a name, this one reads them right
decoded = lambda text: str(email.header.make_header(email.header.decode_header(text)))
address = lambda name: [[decoded(n), a] for n, a in email.utils.getaddresses(old.get_all(name, []))]
json.dump({
    "type": m.get_content_type(), "subject": str(m["Subject"]), "from": address("From"), "to": address("To"), "reply_to": address("Reply-To"), "date": m["Date"].datetime.isoformat(),
    "message_id": m["Message-ID"].strip(), "unsubscribe": "".join((m["List-Unsubscribe"] or "").split()), "auto": m["Auto-Submitted"] or "",
    "parts": [p.get_content_type() + " " + (p.get_content_charset() or "") + " " + (p["Content-Transfer-Encoding"] or "") for p in m.walk() if not p.is_multipart()],
    "plain": plain.get_content().replace("\r\n", "\n") if plain else "", "html": html.get_content().replace("\r\n", "\n") if html else "", "names": sorted({k.lower() for k in m.keys()}),
    "defects": [str(d) for p in m.walk() for d in p.defects] + [str(d) for h in m.values() for d in getattr(h, "defects", [])],
    "bare_lf": data.replace(b"\r\n", b"").count(b"\n"), "bare_cr": data.replace(b"\r\n", b"").count(b"\r"), "longest": max(len(l) for l in data.split(b"\r\n")),
    "encoded_lines": b"=0D" in data or b"=0A" in data, "eight_bit": any(b > 127 for b in data),
}, sys.stdout)
