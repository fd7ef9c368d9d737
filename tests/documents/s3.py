"""An S3 server of another maker, in memory: s3.py PORT BUCKET...; says "ready" once the buckets are there."""
import sys, threading
import boto3
from moto.server import ThreadedMotoServer

port, buckets = int(sys.argv[1]), sys.argv[2:]
ThreadedMotoServer(ip_address="127.0.0.1", port=port).start()
client = boto3.client(
    "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
    aws_access_key_id="city", aws_secret_access_key="password-of-the-city",
)
for bucket in buckets:
    client.create_bucket(Bucket=bucket)
print("ready", flush=True)
threading.Event().wait()
