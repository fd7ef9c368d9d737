"""Checks a licence with nothing of Daftar's: check.py FILE [--time SECONDS] [--at HOST:PORT]; prints how it stands.

--time asks how it stood at a moment. --at dials another address than the issuer's, as curl's --connect-to does.
"""
import argparse, json, pathlib, urllib.parse, urllib.request
from jwcrypto.jwk import JWK
from openvc.jwt_vc_issuer import resolve_jwt_vc_issuer_key
from openvc.resolvers import default_status_list_token_resolver
from openvc.status import CredentialRevoked, CredentialSuspended
from openvc.verify import VerificationPolicy, verify_credential
from sd_jwt.verifier import SDJWTVerifier

asked = argparse.ArgumentParser()
for name in ["file", "--time", "--at"]:
    asked.add_argument(name)
asked = asked.parse_args()

def text(url, query=""):
    if asked.at:
        url = urllib.parse.urlsplit(url)._replace(scheme="http", netloc=asked.at).geturl()
    with urllib.request.urlopen(url + query, timeout=10) as answer:
        return answer.read().decode()

def fetch(url):
    return json.loads(text(url))

def key(issuer, header):
    return JWK(**resolve_jwt_vc_issuer_key(issuer, header.get("kid"), fetch=fetch))

credential = pathlib.Path(asked.file).read_text().strip()
claims = SDJWTVerifier(credential, key).get_verified_payload()
# Another library verifies it too, and reads the list.
time = f"?time={asked.time}" if asked.time else ""
lists = default_status_list_token_resolver(fetch=lambda url: text(url, time), jwt_vc_issuer_fetch=fetch)
policy = VerificationPolicy(expected_vct=claims["iss"] + "/credentials/licence", require_status_issuer_binding=True)
try:
    verify_credential(credential, policy=policy, resolve_status_list_token=lists, jwt_vc_issuer_fetch=fetch)
    stands = "valid"
except CredentialRevoked:
    stands = "invalid"
except CredentialSuspended:
    stands = "suspended"
print(claims["licence"], stands, claims.get("holder", "-"))
