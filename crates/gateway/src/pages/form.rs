//! A form as it was sent: what was typed, and what is wrong with it, so that the page can show both again.

use crate::parse::Field;
use crate::problem::{Kind, Problem};
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Lang, Message};

/// The most fields of a form.
const MOST_FIELDS: usize = 512;

/// Names and values in the order in which they came, with what is wrong.
#[derive(Debug, Default, Clone)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    wrong: Vec<Message>,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(body: &[u8]) -> Result<Form, Problem> {
        let body = std::str::from_utf8(body).map_err(|_| Problem::new(Kind::BadRequest))?;
        let mut fields = Vec::new();
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push((decode(name)?, decode(value)?));
            if fields.len() > MOST_FIELDS {
                return Err(Kind::TooLarge.into());
            }
        }
        Ok(Form { fields, wrong: Vec::new() })
    }

    /// A form whose fields were read elsewhere.
    pub(crate) fn of(fields: Vec<(String, String)>) -> Form {
        Form { fields, wrong: Vec::new() }
    }

    /// What was typed into a field; nothing where it was left empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Says what is wrong with a field.
    pub(crate) fn wrong(&mut self, field: &str, fa: impl Into<String>, en: impl Into<String>) {
        let (code, field) = ("invalid-field".to_owned(), Some(field.to_owned()).filter(|field| !field.is_empty()));
        self.wrong.push(Message { code, field, fa: fa.into(), en: en.into() });
    }

    /// Puts something into a field that is empty.
    pub(crate) fn suggest(&mut self, name: &str, value: &str) {
        if self.get(name).is_none() {
            self.fields.retain(|(known, _)| known != name);
            self.fields.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Says what is wrong, in words that name the form's field themselves.
    pub(crate) fn say(&mut self, message: Message) {
        self.wrong.push(message);
    }

    /// What a field parsed to; nothing where it is wrong, which is said beside it.
    pub(crate) fn keep<T>(&mut self, field: &str, parsed: Result<T, Message>) -> Option<T> {
        parsed.map_err(|message| self.wrong.push(Message { field: Some(field.to_owned()), ..message })).ok()
    }

    /// Parses a field, if something was typed into it.
    pub(crate) fn maybe<T: Field>(&mut self, field: &str) -> Option<T> {
        let parsed = self.get(field).map(T::parse)?;
        self.keep(field, parsed)
    }

    /// Takes what the rules said of the request. `name` gives the form's name of the request's field.
    pub(crate) fn refused(&mut self, problem: &Problem, name: impl Fn(&str) -> Option<String>) {
        let all = if problem.errors.is_empty() { std::slice::from_ref(&problem.message) } else { &problem.errors };
        for message in all {
            let field = message.field.as_deref().and_then(&name);
            self.wrong.push(Message { field, ..message.clone() });
        }
    }

    // The rest is for templates.

    pub(crate) fn has_errors(&self) -> bool {
        !self.wrong.is_empty()
    }

    pub(crate) fn errors(&self, lang: &Lang) -> Vec<(String, String)> {
        let one = |message: &Message| (message.field.clone().unwrap_or_default(), message.text(*lang).to_owned());
        self.wrong.iter().map(one).collect()
    }

    pub(crate) fn error(&self, name: &str, lang: &Lang) -> Option<String> {
        let message = self.wrong.iter().find(|message| message.field.as_deref() == Some(name));
        message.map(|message| message.text(*lang).to_owned())
    }

    /// Everything that is wrong with a field.
    pub(crate) fn said_of(&self, name: &str, lang: &Lang) -> Vec<String> {
        let all = self.wrong.iter().filter(|message| message.field.as_deref() == Some(name));
        all.map(|message| message.text(*lang).to_owned()).collect()
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(known, given)| known == name && given == value)
    }

    /// The same for a group of fields, which is tied to its texts and cannot itself be invalid.
    pub(crate) fn described_group(&self, name: &str, hint: &str) -> String {
        self.described(name, hint).replace(r#" aria-invalid="true""#, "")
    }

    /// The attributes that tie a field to its hint and its error for a screen reader. `name` is the page's own word.
    pub(crate) fn described(&self, name: &str, hint: &str) -> String {
        let wrong = self.wrong.iter().any(|message| message.field.as_deref() == Some(name));
        let hint = if hint.is_empty() { String::new() } else { format!("{name}-hint ") };
        let error = if wrong { format!("{name}-error") } else { String::new() };
        let by = format!("{hint}{error}");
        let by = if by.is_empty() { by } else { format!(r#" aria-describedby="{}""#, by.trim()) };
        if wrong { format!(r#" aria-invalid="true"{by}"#) } else { by }
    }
}

/// Percent-decoding with `+` for a space.
pub(crate) fn decode(text: &str) -> Result<String, Problem> {
    let malformed = || Problem::new(Kind::BadRequest);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit().ok_or_else(malformed)?, digit().ok_or_else(malformed)?);
                u8::try_from(high * 16 + low).map_err(|_| malformed())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

/// Only [`super::visitor::meet`] puts it there, after the token against forgery was checked.
impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Form, Problem> {
        parts.extensions.get::<Form>().cloned().ok_or(Problem::new(Kind::BadRequest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_typed_is_kept_and_what_is_wrong_stands_beside_it() {
        let mut form = Form::parse("name=%D8%B2+a&kind=a&kind=b&empty=&csrf=x".as_bytes()).unwrap();
        assert_eq!((form.get("name"), form.get("empty"), form.get("none")), (Some("ز a"), None, None));
        assert!(form.is("kind", "a") && form.is("kind", "b") && !form.is("kind", "c"));
        form.wrong("name", "نادرست", "wrong");
        assert_eq!(form.described("name", "a hint"), r#" aria-invalid="true" aria-describedby="name-hint name-error""#);
        assert_eq!(
            (form.described("kind", ""), form.error("name", &Lang::En)),
            (String::new(), Some("wrong".to_owned()))
        );
        for broken in ["a=%", "a=%2", "a=%zz", "a=%ff"] {
            assert!(Form::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in ".{0,60}") {
            let body = format!("a={}", super::super::frame::encode(&text));
            let form = Form::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(form.value("a"), text);
        }

        #[test]
        fn no_body_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&bytes);
        }
    }
}
