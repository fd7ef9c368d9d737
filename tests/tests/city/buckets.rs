//! Documents in a bucket of an S3 server of another maker: brought, opened and forgotten there as in a folder, and nothing
//! of them is in the clear.

use crate::harness::load::small_works;
use crate::harness::{Caller, City, PATIENCE, Plan, ZAHRA, http::Book, http::fresh, until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;
use test_support::outside::python_packages;
use test_support::process::free_port;
use test_support::tools::workspace_root;
use test_support::{DataFolder, Process};

const PACKAGES: &[&str] = &["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];
const BUCKET: &str = "papers";
/// Nobody waits longer, whether the bucket is there or not.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// An S3 server; it keeps what it has in memory.
struct Server {
    process: Process,
    port: u16,
    _data: DataFolder,
}

impl Server {
    fn start() -> Server {
        let (data, port) = (DataFolder::new(), free_port());
        let mut command: Command = python_packages(PACKAGES).script(&workspace_root().join("tests/documents/s3.py"));
        command.args([&port.to_string(), BUCKET]);
        let process = Process::spawn(command, data.join("s3.log"));
        process.wait_for_log("ready", PATIENCE);
        Server { process, port, _data: data }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let of = |name, value: &str| (name, value.to_owned());
        vec![
            of("DAFTAR_S3_BUCKET", BUCKET),
            of("DAFTAR_S3_ENDPOINT", &format!("http://127.0.0.1:{}", self.port)),
            of("DAFTAR_S3_REGION", "us-east-1"),
            of("DAFTAR_S3_ACCESS_KEY", "city"),
            of("DAFTAR_S3_SECRET_KEY", "password-of-the-city"),
        ]
    }

    /// Somebody who looks at the server itself, past the city; it asks for a signature and checks none.
    fn looker(&self) -> Caller {
        Caller::new(self.port, Some("somebody".to_owned()), &Book::default())
    }

    /// The names of what is in the bucket.
    fn objects(&self) -> Vec<String> {
        let listed = self.looker().get(&format!("/{BUCKET}?list-type=2")).text;
        listed.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    fn object(&self, name: &str) -> Vec<u8> {
        self.looker().file(&format!("/{BUCKET}/{name}"))
    }
}

/// A PDF of about this many bytes, which says its name.
fn pdf(name: &str, size: usize) -> Vec<u8> {
    let line = format!("% {name} in the clear\n");
    [b"%PDF-1.7\n", line.repeat(size / line.len()).as_bytes(), b"%%EOF\n"].concat()
}

fn bring(caller: &Caller, content: &[u8]) -> (u16, Value) {
    let token = caller.token().expect("a citizen has a token");
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(GIVEN_UP));
    let request = config.build().new_agent().post(format!("http://{}/v1/documents", caller.address()));
    let request = request.header("authorization", format!("Bearer {token}")).content_type("application/pdf");
    let mut answer = request.send(content).expect("the gateway answers");
    let said = answer.body_mut().read_to_string().expect("a text");
    (answer.status().as_u16(), serde_json::from_str(&said).unwrap_or_default())
}

fn brought(caller: &Caller, content: &[u8]) -> String {
    let (status, answer) = bring(caller, content);
    assert_eq!(status, 201, "{answer}");
    answer["sha256"].as_str().expect("a hash").to_owned()
}

/// Hands a document in with an application; the case's number and the application's place.
fn handed_in(city: &City, hash: &str) -> (String, u64) {
    let mut body = small_works(ZAHRA, &city.parcel());
    body["documents"] = json!([{ "kind": "deed", "sha256": hash }]);
    let applied = city.citizen(ZAHRA).done_as("/v1/cases", &body, fresh());
    (applied.case(), applied.position())
}

#[test]
fn documents_in_a_bucket_are_sealed_opened_and_forgotten() {
    let server = Server::start();
    let city = Plan { environment: server.environment(), ..Plan::together() }.start();
    let citizen = city.citizen(ZAHRA);
    let intake = city.officer("intake");
    let mut person = String::new();
    // One that fits into a single request, and one that goes in parts.
    for (size, name) in [(20_000, "small"), (12 << 20, "large")] {
        let content = pdf(name, size);
        let hash = brought(&citizen, &content);
        assert_eq!(brought(&citizen, &content), hash, "the same again is the same");
        let (case, position) = handed_in(&city, &hash);
        let view = intake.get_after(&format!("/v1/cases/{case}"), position);
        view["applicant"].as_str().expect("an applicant").clone_into(&mut person);
        let opened = intake.file(&format!("/v1/cases/{case}/documents/deed/{hash}"));
        assert!(opened == content, "{name}: {} bytes", opened.len());
    }
    let objects = server.objects();
    assert_eq!(objects.len(), 4, "as each was brought and as its case has it, nothing coming in: {objects:?}");
    for name in &objects {
        let kept = server.object(name);
        let shows = |text: &[u8]| kept.windows(text.len()).any(|some| some == text);
        assert!(kept.len() > 19_000 && !shows(b"in the clear") && !shows(b"%PDF"), "{name} is sealed");
    }
    assert!(!city.data.join("documents").exists(), "nothing is kept in a folder");
    city.officer("admin").done(&format!("/v1/persons/{person}/forget"), &json!({}));
    assert_eq!(server.objects(), Vec::<String>::new(), "nothing of a forgotten person takes space");
}

#[test]
fn a_bucket_that_is_gone_is_told_of_and_takes_nothing_else_with_it() {
    let server = Server::start();
    let city = Plan { environment: server.environment(), ..Plan::together() }.start();
    let citizen = city.citizen(ZAHRA);
    let hash = brought(&citizen, &pdf("before", 5_000));
    server.process.kill();
    let (status, answer) = bring(&citizen, &pdf("after", 5_000));
    assert_eq!(status, 503, "{answer}");
    // Whoever needs no document goes on.
    let (case, position) = handed_in(&city, &hash);
    until("the case is shown", || {
        let view = citizen.get(&format!("/v1/cases/{case}?after={position}"));
        (view.status == 200).then_some(())
    });
}
