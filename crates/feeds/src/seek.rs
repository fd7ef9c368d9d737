//! Where in a department's stream a position or a time is: asked on `daftar.<city>.seek.<department>`, answered as JSON.
//!
//! The times that JetStream keeps are those of publishing, which change when a feed is published anew; what is asked for
//! here is when the register recorded an event, which does not. Positions and recorded times both grow along a stream,
//! so twenty looks find a place among a million.

use crate::{City, Feeds, Reached, Stream, StreamError};
use async_nats::Subject;
use futures::StreamExt as _;
use kernel::{CityId, Instant, Position, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;

/// Between two tries to listen.
const PAUSE: Duration = Duration::from_secs(1);
/// Questions that are answered at once; more wait.
const AT_ONCE: usize = 16;

/// What is asked: one of the two. Nothing at all asks for the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The first event at or after this position of the register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The first event that was recorded at or after this time: RFC 3339, or a Jalali or Gregorian day or time on the
    /// city's clock, as `1405/09/06` or `2026-11-27 10:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The department's stream.
    pub stream: String,
    /// Where a consumer starts (`opt_start_seq`). It is one behind the last when all there is was before what was asked.
    pub sequence: u64,
    /// The event's position in the register; absent when there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// When the register recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
}

/// Why there is no answer, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// A short constant code.
    pub code: String,
    /// In Persian.
    pub fa: String,
    /// In English.
    pub en: String,
}

/// The subject that one asks on: `daftar.<city>.seek.<department>`.
#[must_use]
pub fn seek_subject(city: &CityId, department: &str) -> String {
    format!("daftar.{city}.seek.{department}")
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An event at or after a position.
    Position(Position),
    /// An event recorded at or after a moment.
    Time(Instant),
}

impl Target {
    /// Reads a question; days are those of the city's clock.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(payload: &[u8], zone: &Zone) -> Result<Target, Refused> {
        if payload.is_empty() {
            return Ok(Target::Position(Position(0)));
        }
        let ask: Ask = serde_json::from_slice(payload).map_err(|error| not_a_question(&error.to_string()))?;
        match (ask.position, ask.time) {
            (None, None) => Ok(Target::Position(Position(0))),
            (Some(position), None) => Ok(Target::Position(Position(position))),
            (None, Some(time)) => zone.parse_local(&time).map(Target::Time).map_err(|error| Refused {
                code: "not-a-time".to_owned(),
                fa: "زمان خوانده نشد؛ سال را نخست بنویسید، مانند ۱۴۰۵/۰۹/۰۶ یا 2026-11-27T10:00:00Z".to_owned(),
                en: error.to_string(),
            }),
            (Some(_), Some(_)) => Err(not_a_question("position and time")),
        }
    }

    fn is_before(self, reached: &Reached) -> bool {
        match self {
            Target::Position(position) => position <= reached.position,
            Target::Time(time) => time <= reached.recorded_at,
        }
    }
}

fn not_a_question(why: &str) -> Refused {
    Refused {
        code: "not-a-question".to_owned(),
        fa: "پرسش باید JSON با یکی از دو کلید position یا time باشد".to_owned(),
        en: format!("a question is JSON with position or with time, one of the two: {why}"),
    }
}

/// The first message of a stream that is not before the target.
///
/// # Errors
/// When the stream cannot be read.
pub async fn find(stream: &Stream, target: Target) -> Result<Found, StreamError> {
    let end = stream.end().await?.sequence;
    let (mut low, mut high, mut found) = (1, end + 1, None);
    while low < high {
        let middle = low + (high - low) / 2;
        let reached = stream.at(middle).await?;
        if target.is_before(&reached) {
            (high, found) = (middle, Some(reached));
        } else {
            low = middle + 1;
        }
    }
    let (position, recorded) = (found.map(|at| at.position.0), found.map(|at| at.recorded_at.to_string()));
    Ok(Found { stream: stream.name().to_owned(), sequence: low, position, recorded })
}

/// Answers questions for ever. Of several processes one answers.
pub(crate) async fn serve(feeds: Feeds, known: City) -> Infallible {
    let subject = seek_subject(&feeds.city, "*");
    let zone = known.charter().and_then(|charter| Zone::new(&charter.zone).ok());
    let zone = zone.unwrap_or_else(|| Zone::new("UTC").expect("a zone of the bundled list"));
    loop {
        match feeds.client.queue_subscribe(subject.clone(), "feeds".to_owned()).await {
            Ok(questions) => {
                let answered =
                    questions.for_each_concurrent(AT_ONCE, |question| answer(&feeds, &known, &zone, question));
                answered.await;
            }
            Err(error) => tracing::warn!(%error, "nobody can ask where in a feed something is"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn answer(feeds: &Feeds, known: &City, zone: &Zone, question: async_nats::Message) {
    let Some(reply) = question.reply else { return };
    let found = sought(feeds, known, zone, &question.subject, &question.payload).await;
    let answer = match &found {
        Ok(found) => serde_json::to_vec(found),
        Err(refused) => serde_json::to_vec(&serde_json::json!({ "error": refused })),
    };
    let Ok(answer) = answer else { return };
    if let Err(error) = feeds.client.publish(reply, answer.into()).await {
        tracing::debug!(%error, "an answer was not sent");
    }
}

async fn sought(feeds: &Feeds, known: &City, zone: &Zone, on: &Subject, payload: &[u8]) -> Result<Found, Refused> {
    let asked = on.rsplit('.').next().unwrap_or_default();
    let departments = known.departments();
    let department = departments.iter().find(|department| department.id.as_str() == asked);
    let department = department.ok_or_else(|| Refused {
        code: "no-such-department".to_owned(),
        fa: "شهر چنین واحدی ندارد".to_owned(),
        en: "the city has no such department".to_owned(),
    })?;
    let target = Target::read(payload, zone)?;
    let unavailable = |error: StreamError| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a question about a feed was not answered");
        Refused {
            code: "unavailable".to_owned(),
            fa: "خوراک این واحد اکنون خوانده نمی‌شود؛ دوباره بپرسید".to_owned(),
            en: "the feed cannot be read now; ask again".to_owned(),
        }
    };
    let stream = Stream::open(feeds.client.clone(), &feeds.city, department.id.as_str(), feeds.replicas).await;
    find(&stream.map_err(unavailable)?, target).await.map_err(unavailable)
}
