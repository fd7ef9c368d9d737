//! Pages and reads of the API as people ask for them: three hundred a second, of a city with two hundred thousand cases.
//!
//! The city is a real `daftar up`; every case comes in over HTTP, sealed and decided as a citizen's own, and people sign in
//! at the built-in provider.

use crate::{Failed, table::Table, table::thousands};
use futures::{StreamExt as _, stream};
use hdrhistogram::Histogram;
use reqwest::{Client, header, redirect::Policy};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use test_support::process::{binary, free_port};

/// Requests a second.
const RATE: u64 = 300;
/// For how long.
const SECONDS: u64 = 30;
/// Citizens who apply at once.
const CITIZENS: u64 = 48;

struct City {
    process: Child,
    base: String,
    data: tempfile::TempDir,
}

/// It drains on the signal that Ctrl-C is, and takes its nats-server with it.
impl Drop for City {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

pub(crate) async fn measure(table: &mut Table, cases: u64) -> Result<(), Failed> {
    let city = start().await?;
    let filled = fill(&city, cases).await?;
    let citizen = signed_in(&city, &[("name", "Citizen"), ("national_id", &national_id(0))]).await?;
    let head = signed_in(&city, &[("account", "technical-head-1")]).await?;
    let officer = token(city.data.path(), &["--role", "technical-head"])?;
    let case = format!("/cases/{}", filled.first);
    let asked = [
        ("the first page", Client::new(), "/".to_owned()),
        ("a service", Client::new(), "/services/small-works".to_owned()),
        ("my cases", citizen.clone(), "/my".to_owned()),
        ("my case", citizen, case.clone()),
        ("the desk", head.clone(), "/desk".to_owned()),
        ("an officer's case", head, case.clone()),
        ("API: a case", api(&officer)?, format!("/v1{case}")),
        ("API: an inbox", api(&officer)?, "/v1/inbox?role=technical-head".to_owned()),
        ("API: a search", api(&officer)?, "/v1/search?parcel=3-1-5".to_owned()),
    ];
    let mut present = Vec::new();
    for (name, client, path) in asked {
        let answer = client.get(format!("{}{path}", city.base)).send().await?;
        let status = answer.status();
        let size = answer.bytes().await?.len();
        match status.is_success() {
            true => present.push((name, client, path, size)),
            false => eprintln!("{name} {path} answers {status}: left out"),
        }
    }
    let latency = load(&city, &present).await?;
    let millis = |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    let mut all = Histogram::<u64>::new(3)?;
    for (name, histogram) in &latency {
        let size = present.iter().find(|(known, ..)| known == name).map_or(0, |(_, _, _, size)| *size);
        let measured = format!("p50 {:.1} ms, p99 {:.1} ms", millis(histogram, 0.5), millis(histogram, 0.99));
        eprintln!("  {name}: {measured}, {size} bytes");
        all.add(histogram)?;
    }
    let figure = format!("pages and reads at {RATE}/s, {} cases", thousands(filled.count as f64));
    let measured = format!("p50 {:.1} ms, p99 {:.1} ms", millis(&all, 0.5), millis(&all, 0.99));
    let first = latency.get("the first page").map_or(0.0, |histogram| millis(histogram, 0.99));
    table.row(figure, measured, "p99 20 ms", format!("a page without a query: p99 {first:.1} ms"));
    let css = styles(&city).await?;
    let largest = present.iter().map(|(_, _, _, size)| size).max().copied().unwrap_or(0);
    let measured = format!("{:.0} kB", (largest + css) as f64 / 1_000.0);
    table.row("the largest of these pages, with its styles", measured, "100 kB", "–");
    Ok(())
}

async fn start() -> Result<City, Failed> {
    let (data, port) = (tempfile::tempdir()?, free_port());
    let base = format!("http://127.0.0.1:{port}");
    let mut up = Command::new(binary("daftar"));
    up.args(["up", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data.path());
    up.env("DAFTAR_NATS_SERVER", test_support::tools::nats_server()?);
    let process = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let city = City { process, base, data };
    let client = Client::new();
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let page = client.get(format!("{}/services/small-works", city.base)).send().await;
        if page.is_ok_and(|page| page.status().is_success()) {
            return Ok(city);
        }
    }
    Err("the city did not start in a minute".into())
}

struct Filled {
    /// The number of a case of the citizen 0.
    first: String,
    count: u64,
}

async fn fill(city: &City, cases: u64) -> Result<Filled, Failed> {
    eprintln!("filling a city with {} cases", thousands(cases as f64));
    let apply = async |number: u64| -> Result<(Option<String>, u64), Failed> {
        let id = national_id(number);
        let client = api(&token(city.data.path(), &["--role", "citizen", "--national-id", &id])?)?;
        let (mut first, mut count) = (None, 0);
        for n in (number..cases).step_by(CITIZENS as usize) {
            let body = application(&id, n);
            let send = || client.post(format!("{}/v1/cases", city.base)).json(&body).send();
            let mut answer = send().await?;
            while matches!(answer.status().as_u16(), 429 | 503) {
                tokio::time::sleep(Duration::from_millis(50)).await;
                answer = send().await?;
            }
            if !answer.status().is_success() {
                return Err(answer.text().await?.into());
            }
            count += 1;
            if first.is_none() {
                first = answer.json::<Value>().await?["case"].as_str().map(str::to_owned);
            }
        }
        Ok((first, count))
    };
    let mut done = stream::iter(0..CITIZENS).map(apply).buffered(CITIZENS as usize);
    let (mut first, mut count) = (None, 0);
    while let Some(one) = done.next().await {
        let (case, applied) = one?;
        first = first.or(case);
        count += applied;
    }
    // What is asked for is asked of tables that have caught up.
    for _ in 0..1_200 {
        let ready = Client::new().get(format!("{}/readyz", city.base)).send().await?;
        if ready.status().is_success() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(Filled { first: first.ok_or("no case was opened")?, count })
}

fn application(id: &str, n: u64) -> Value {
    json!({
        "procedure": "small-works", "district": 1 + n % 15, "parcel": format!("{}-{}-{}", 1 + n % 15, n / 1_000, n % 1_000),
        "applicant": { "national_id": id, "name": "نمونه ساختگی", "mobile": "09130000000" },
        "facts": { "area": "40", "structural": false },
        "documents": [{ "kind": "deed", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }],
    })
}

/// A made-up national id with the check digit that it must have.
fn national_id(number: u64) -> String {
    let digits = format!("{:09}", 123_450_000 + number);
    let sum: u64 = digits.bytes().zip((2..=10).rev()).map(|(digit, weight)| u64::from(digit - b'0') * weight).sum();
    let rest = sum % 11;
    format!("{digits}{}", if rest < 2 { rest } else { 11 - rest })
}

fn token(data: &Path, more: &[&str]) -> Result<String, Failed> {
    let made = Command::new(binary("daftar")).arg("token").args(more).arg("--data").arg(data).output()?;
    match made.status.success() {
        true => Ok(String::from_utf8(made.stdout)?.trim().to_owned()),
        false => Err(String::from_utf8_lossy(&made.stderr).into()),
    }
}

fn api(token: &str) -> Result<Client, Failed> {
    let mut headers = header::HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    Ok(Client::builder().default_headers(headers).build()?)
}

/// A browser of somebody who signed in at the built-in provider.
async fn signed_in(city: &City, typed: &[(&str, &str)]) -> Result<Client, Failed> {
    let browser = Client::builder().redirect(Policy::none()).build()?;
    let begun = browser.get(format!("{}/signin?back=/", city.base)).send().await?;
    let away = cookies(&begun);
    let provider = reqwest::Url::parse(location(&begun)?)?;
    let asked = provider.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let pair = |(name, value): (String, String)| format!("{name}={}", percent(&value));
    let form: Vec<String> = asked.chain(typed).map(pair).collect();
    let mut there = provider.clone();
    there.set_query(None);
    let kind = "application/x-www-form-urlencoded";
    let chosen = browser.post(there).header(header::CONTENT_TYPE, kind).body(form.join("&")).send().await?;
    let back = browser.get(location(&chosen)?).header(header::COOKIE, away).send().await?;
    let mut headers = header::HeaderMap::new();
    headers.insert(header::COOKIE, cookies(&back).parse()?);
    Ok(Client::builder().default_headers(headers).redirect(Policy::none()).build()?)
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn location(answer: &reqwest::Response) -> Result<&str, Failed> {
    Ok(answer.headers().get(header::LOCATION).ok_or("no way on")?.to_str()?)
}

fn cookies(answer: &reqwest::Response) -> String {
    let all = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<&str> = all.filter_map(|cookie| cookie.split(';').next()).collect();
    pairs.join("; ")
}

/// Asks at a steady rate whatever the answers take, each in its turn; from the moment when it was due.
async fn load(
    city: &City,
    asked: &[(&'static str, Client, String, usize)],
) -> Result<BTreeMap<&'static str, Histogram<u64>>, Failed> {
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    let mut sent = tokio::task::JoinSet::new();
    for n in 0..RATE * SECONDS {
        let due: Instant = ticks.tick().await.into();
        let (name, client, path, _) = &asked[n as usize % asked.len()];
        let (name, request) = (*name, client.get(format!("{}{path}", city.base)));
        sent.spawn(async move {
            let answer = request.send().await?.error_for_status()?;
            answer.bytes().await?;
            Ok::<_, reqwest::Error>((name, due.elapsed()))
        });
    }
    let mut latency = BTreeMap::new();
    while let Some(one) = sent.join_next().await {
        let (name, took) = one??;
        let histogram = latency.entry(name).or_insert(Histogram::<u64>::new(3)?);
        histogram.record(took.as_micros() as u64)?;
    }
    Ok(latency)
}

/// The styles and scripts that the first page asks for, in bytes.
async fn styles(city: &City) -> Result<usize, Failed> {
    let page = reqwest::get(format!("{}/", city.base)).await?.text().await?;
    let mut total = 0;
    for part in page.split(['"']).filter(|part| part.contains(".css") || part.ends_with(".js")) {
        total += reqwest::get(format!("{}{part}", city.base)).await?.bytes().await?.len();
    }
    Ok(total)
}
