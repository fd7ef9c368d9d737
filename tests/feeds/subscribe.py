"""Prints what a department is told, as it happens: subscribe.py NATS CITY DEPARTMENT [FILE]; goes on where FILE says."""
import asyncio, json, pathlib, sys
import nats
from nats.js.api import ConsumerConfig, DeliverPolicy

async def main(url, city, department, file="position.txt"):
    seen = pathlib.Path(file)
    last = int(seen.read_text()) if seen.exists() else -1
    connection = await nats.connect(url, max_reconnect_attempts=-1)
    ask = json.dumps({"position": last + 1}).encode()
    found = json.loads((await connection.request(f"daftar.{city}.seek.{department}", ask, timeout=10)).data)
    config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=found["sequence"])
    feed = await connection.jetstream().subscribe("", stream=found["stream"], ordered_consumer=True, config=config)
    async for message in feed.messages:
        position, body = int(message.headers["ce-sequence"]), json.loads(message.data)
        if position <= last:  # delivered again
            continue
        thing = body.get("step") or body.get("agency") or body.get("procedure") or body
        title = thing.get("title", {}).get("fa") or thing.get("id", "")
        print(position, message.headers.get("ce-subject", city), message.headers["ce-type"], title, flush=True)
        last = position
        beside = seen.with_suffix(".new")  # renamed, so that a kill never leaves half a number
        beside.write_text(str(last))
        beside.replace(seen)

asyncio.run(main(*sys.argv[1:]))
