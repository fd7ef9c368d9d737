//! A caller of the API: one role with its token.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::error::Elapsed;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

/// Somebody with a token, or without.
#[derive(Clone)]
pub(crate) struct Caller {
    http: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    headers: HeaderMap,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr, token: Option<&str>) -> Caller {
        let http = Client::builder(TokioExecutor::new()).build_http();
        let caller = Caller { http, address, headers: HeaderMap::new() };
        token.map_or(caller.clone(), |token| caller.with("authorization", &format!("Bearer {token}")))
    }

    /// The same with one more header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Caller {
        let mut caller = self.clone();
        caller.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        caller
    }

    /// A header that it sends.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Vec::new()).await
    }

    /// The same, without waiting for its end.
    pub(crate) async fn listen(&self, path: &str) -> Stream {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = format!("http://{}{path}", self.address).parse().unwrap();
        *request.headers_mut() = self.headers.clone();
        let (parts, body) = self.http.request(request).await.unwrap().into_parts();
        Stream { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some("application/json"), body.to_string().into_bytes()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, kind: Option<&str>, body: Vec<u8>) -> Answer {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = uri.parse().unwrap_or_else(|error| panic!("{uri}: {error}"));
        *request.headers_mut() = self.headers.clone();
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", HeaderValue::from_str(kind).unwrap());
        }
        let (parts, body) = self.http.request(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }
}

/// An answer that goes on.
pub(crate) struct Stream {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
}

impl Stream {
    /// What comes next; nothing where it has ended, and an error where it stays silent for so long.
    pub(crate) async fn next(&mut self, patience: Duration) -> Result<Option<String>, Elapsed> {
        let frame = tokio::time::timeout(patience, self.body.frame()).await?;
        let data = frame.map(|frame| frame.unwrap().into_data().unwrap());
        Ok(data.map(|data| String::from_utf8(data.to_vec()).unwrap()))
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of what went well.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()
    }

    /// The position of an accepted command.
    #[track_caller]
    pub(crate) fn position(&self) -> u64 {
        self.ok()["position"].as_u64().unwrap()
    }

    /// A problem of this status and code, in both languages, with nothing missing.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:daftar:problem:{code}"));
        for part in ["title", "detail", "detail_fa", "detail_en"] {
            assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {problem}");
        }
        let lang = self.header("content-language");
        assert_eq!(problem["detail"], problem[format!("detail_{lang}")], "the detail is in the language it names");
        problem
    }
}
