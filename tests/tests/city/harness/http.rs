//! A caller of the API: one role with its token. It remembers every command that was acknowledged to it.

use super::PATIENCE;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than the gateway takes to answer whatever happens: a caller never hangs.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Between two tries of the same command.
const PAUSE: Duration = Duration::from_millis(50);

/// The id under which the register has a command: the gateway makes it of the key and of what was sent.
const COMMAND: &str = "daftar-command";

/// A command that was acknowledged with 2xx.
#[derive(Debug, Clone)]
pub(crate) struct Acked {
    /// The key that it was sent with.
    pub(crate) key: uuid::Uuid,
    /// Its id in the register.
    pub(crate) id: uuid::Uuid,
    pub(crate) case: Option<String>,
    pub(crate) position: u64,
}

/// Everything that callers of a city sent.
#[derive(Debug, Default, Clone)]
pub(crate) struct Book(Arc<Mutex<Vec<Acked>>>);

impl Book {
    pub(crate) fn acked(&self) -> Vec<Acked> {
        self.0.lock().expect("nothing panics while it writes").clone()
    }

    /// An acknowledgement that never was, to see that the oracle notices.
    pub(crate) fn pretend(&self, id: uuid::Uuid) {
        let acked = Acked { key: id, id, case: None, position: 0 };
        self.0.lock().expect("nothing panics while it writes").push(acked);
    }

    fn enter(&self, key: uuid::Uuid, answer: &Answer) {
        let Some(position) = answer.json["position"].as_u64() else { return };
        let id = answer.command.expect("an acknowledged command has an id");
        let case = answer.json["case"].as_str().map(str::to_owned);
        self.0.lock().expect("nothing panics while it writes").push(Acked { key, id, case, position });
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
    pub(crate) text: String,
    /// The command's id in the register.
    pub(crate) command: Option<uuid::Uuid>,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of what went well.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Value {
        assert!(self.is_ok(), "{} {}", self.status, self.text);
        &self.json
    }

    /// The case that the command is about.
    #[track_caller]
    pub(crate) fn case(&self) -> String {
        self.ok()["case"].as_str().expect("a command about a case names it").to_owned()
    }

    /// The position of an accepted command.
    #[track_caller]
    pub(crate) fn position(&self) -> u64 {
        self.ok()["position"].as_u64().expect("an accepted command has a position")
    }

    /// A problem of this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
    }
}

/// Somebody with a token, or without.
#[derive(Clone)]
pub(crate) struct Caller {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
    book: Book,
}

/// A fresh key of a command.
pub(crate) fn fresh() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

impl Caller {
    pub(crate) fn new(port: u16, token: Option<String>, book: &Book) -> Caller {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT));
        let agent = config.build().new_agent();
        Caller { agent, base: format!("http://127.0.0.1:{port}"), token, book: book.clone() }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends these bytes as JSON, whatever they are.
    #[track_caller]
    pub(crate) fn send_raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let builder = ureq::http::Request::builder().method(method.to_uppercase().as_str());
        let builder = builder.uri(format!("{}{path}", self.base)).header("content-type", "application/json");
        let builder = builder.header("authorization", format!("Bearer {}", self.token.as_deref().unwrap_or_default()));
        let whole = "an address and headers of ASCII";
        // On a connection of its own: one that was refused before its body was read is closed by the gateway.
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT));
        let agent = config.max_idle_connections(0).build().new_agent();
        let answer = match method {
            "post" => agent.run(builder.body(body.to_vec()).expect(whole)),
            _ => agent.run(builder.body(()).expect(whole)),
        };
        let answer = answer.and_then(read);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Reads; a connection that fails is an error.
    pub(crate) fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(request.call()?)
    }

    /// Reads a file.
    #[track_caller]
    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let token = format!("Bearer {}", self.token.as_deref().unwrap_or_default());
        let answer = request.header("authorization", token).call();
        let mut answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}"));
        let content = answer.body_mut().with_config().limit(256 << 20).read_to_vec().expect("a whole body");
        assert_eq!(answer.status().as_u16(), 200, "GET {path}: {}", String::from_utf8_lossy(&content));
        content
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Reads what the tables will hold in a moment.
    #[track_caller]
    pub(crate) fn get_after(&self, path: &str, position: u64) -> Value {
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}after={position}");
        let read = || self.try_get(&path).ok().filter(|answer| answer.status < 500);
        super::until(&format!("{path} is answered"), read).ok().clone()
    }

    /// Sends a command once.
    pub(crate) fn try_post(&self, path: &str, body: &Value, id: uuid::Uuid) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let mut request = request.header("content-type", "application/json").header("idempotency-key", id.to_string());
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = read(request.send(body.to_string())?)?;
        if answer.is_ok() {
            self.book.enter(id, &answer);
        }
        Ok(answer)
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body, fresh()).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Sends a command with the same id until it is answered by other than a failure of the city.
    pub(crate) fn settle(
        &self,
        path: &str,
        body: &Value,
        id: uuid::Uuid,
        give_up: impl Fn() -> bool,
    ) -> Option<Answer> {
        loop {
            match self.try_post(path, body, id) {
                Ok(answer) if answer.status < 500 => return Some(answer),
                Ok(_) | Err(_) if give_up() => return None,
                Ok(_) | Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Sends a command that must go well, however often it must be sent; gives its position.
    #[track_caller]
    pub(crate) fn done(&self, path: &str, body: &Value) -> u64 {
        self.done_as(path, body, fresh()).position()
    }

    /// The same with a given id.
    #[track_caller]
    pub(crate) fn done_as(&self, path: &str, body: &Value, id: uuid::Uuid) -> Answer {
        let start = Instant::now();
        let answer = self.settle(path, body, id, || start.elapsed() > PATIENCE);
        let answer = answer.unwrap_or_else(|| panic!("POST {path} was not answered in {} s", PATIENCE.as_secs()));
        assert!(answer.is_ok(), "POST {path}: {} {}", answer.status, answer.text);
        answer
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let command = response.headers().get(COMMAND).and_then(|id| id.to_str().ok()?.parse().ok());
    let text = response.body_mut().read_to_string()?;
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, json, text, command })
}
