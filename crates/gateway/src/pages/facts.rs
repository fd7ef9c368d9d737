//! The fields of a procedure as fields of a form: how each is asked, what was typed held to the rules, and what the rules
//! say in the procedure's own words.

use super::{Form, Frame, format, services::text};
use crate::parse::{Field as _, integer};
use kernel::{Lang, Message, Rials, StepId};
use permits::Refusal;
use permits::events::{FactValue, Value};
use permits::procedure::{
    Facts, Procedure,
    source::{FieldKind, FieldSource, Source, Text},
};

/// More choices than these stand in a list that opens.
const MOST_IN_SIGHT: usize = 6;

/// How a field is asked.
pub(super) struct Ask {
    /// The form's name of it.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) hint: String,
    pub(super) holds: Holds,
}

pub(super) enum Holds {
    Number,
    /// Values with their titles, all in sight.
    Few(Vec<(String, String)>),
    /// The same in a list.
    Many(Vec<(String, String)>),
}

/// The form's name of a field of the procedure.
pub(super) fn name(field: &StepId) -> String {
    format!("fact-{field}")
}

/// How the field is asked.
pub(super) fn ask(page: &Frame, field: &FieldSource) -> Ask {
    let title = text(&field.title, page.lang);
    let title = if field.required { title } else { format!("{title} ({})", page.t("اختیاری", "optional")) };
    let (hint, holds) = match &field.holds {
        FieldKind::Integer { min, max } => (range(page.lang, *min, *max, &field.unit), Holds::Number),
        FieldKind::Flag => {
            let choices = [("yes", page.t("بله", "Yes")), ("no", page.t("نه", "No"))];
            (String::new(), Holds::Few(choices.map(|(value, title)| (value.to_owned(), title.to_owned())).to_vec()))
        }
        FieldKind::Choice { choices } => {
            let choices: Vec<_> =
                choices.iter().map(|choice| (choice.id.to_string(), text(&choice.title, page.lang))).collect();
            (String::new(), if choices.len() > MOST_IN_SIGHT { Holds::Many(choices) } else { Holds::Few(choices) })
        }
    };
    Ask { name: name(&field.id), title, hint, holds }
}

/// `از ۲۰ تا ۵۰۰ متر مربع`.
pub(super) fn range(lang: Lang, min: i64, max: i64, unit: &str) -> String {
    let (min, max) = (format::number(lang, min), format::number(lang, max));
    let range = match lang {
        Lang::Fa => format!("از {min} تا {max} {}", unit_name(lang, unit)),
        Lang::En => format!("{min} to {max} {}", unit_name(lang, unit)),
    };
    range.trim_end().to_owned()
}

/// A unit as people write it; one that is not known stands as it is.
pub(super) fn unit_name(lang: Lang, unit: &str) -> &str {
    match (unit, lang) {
        ("m2", Lang::Fa) => "متر مربع",
        ("m2", Lang::En) => "m²",
        ("m3", Lang::Fa) => "متر مکعب",
        ("m3", Lang::En) => "m³",
        ("m", Lang::Fa) => "متر",
        ("days", Lang::Fa) => "روز",
        _ => unit,
    }
}

/// An answer in the reader's words.
pub(super) fn answer(lang: Lang, field: &FieldSource, value: &Value) -> String {
    match (value, &field.holds) {
        (Value::Integer(number), _) => {
            format!("{} {}", format::number(lang, *number), unit_name(lang, &field.unit)).trim_end().to_owned()
        }
        (Value::Flag(flag), _) => {
            let (fa, en) = if *flag { ("بله", "Yes") } else { ("نه", "No") };
            if lang == Lang::Fa { fa } else { en }.to_owned()
        }
        (Value::Choice(choice), FieldKind::Choice { choices }) => {
            let known = choices.iter().find(|known| known.id == *choice);
            known.map_or_else(|| choice.to_string(), |known| text(&known.title, lang))
        }
        (Value::Choice(choice), FieldKind::Integer { .. } | FieldKind::Flag) => choice.to_string(),
    }
}

/// A value as it would be typed.
pub(super) fn typed(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Choice(choice) => choice.to_string(),
    }
}

/// What was typed into these fields, held to the rules one by one, so that each says what is wrong with it.
pub(super) fn take<'a>(
    form: &mut Form,
    procedure: &Procedure,
    fields: impl IntoIterator<Item = &'a FieldSource>,
) -> Vec<FactValue> {
    let mut facts = Vec::new();
    for field in fields {
        match one(form, procedure, field) {
            Ok(Some(fact)) => facts.push(fact),
            Ok(None) => {}
            Err(refusal) => form.say(said(procedure.source(), &refusal)),
        }
    }
    facts
}

fn one(form: &Form, procedure: &Procedure, field: &FieldSource) -> Result<Option<FactValue>, Refusal> {
    let id = &field.id;
    let Some(typed) = form.get(&name(id)) else {
        return if field.required { Err(Refusal::FieldMissing { field: id.clone() }) } else { Ok(None) };
    };
    let other = || Refusal::FieldKind { field: id.clone(), kind: "".into() };
    let value = match &field.holds {
        // People part thousands; a field of whole numbers has no fractions that the mark could mean.
        FieldKind::Integer { .. } => {
            let number = integer(typed).or_else(|| typed.parse::<Rials>().ok().map(|number| number.0));
            Value::Integer(number.ok_or_else(other)?)
        }
        FieldKind::Flag if typed == "yes" => Value::Flag(true),
        FieldKind::Flag if typed == "no" => Value::Flag(false),
        FieldKind::Flag => return Err(other()),
        FieldKind::Choice { .. } => Value::Choice(StepId::parse(typed).map_err(|_| other())?),
    };
    let fact = FactValue { field: id.clone(), value };
    Facts::check(procedure, std::slice::from_ref(&fact))?;
    Ok(Some(fact))
}

/// What the rules say, with titles for ids and the form's name of the field.
pub(super) fn said(source: &Source, refusal: &Refusal) -> Message {
    let field = |id: &StepId| source.fields.iter().find(|field| field.id == *id);
    let document = |id: &StepId| source.documents.iter().find(|document| document.id == *id);
    let of_field = |id: &StepId, say: &dyn Fn(&FieldSource, &str, Lang) -> String| {
        let known = field(id)?;
        let [fa, en] = [Lang::Fa, Lang::En].map(|lang| say(known, known.title.get(lang), lang));
        Some((name(id), fa, en))
    };
    let lacks = |id: &StepId, title: &Text| {
        let (fa, en) = (format!("«{}» را بیفزایید.", title.fa), format!("{} is needed.", title.en));
        (format!("document-{id}"), fa, en)
    };
    let words = match refusal {
        Refusal::FieldMissing { field } => of_field(field, &missing),
        Refusal::FieldKind { field, .. } | Refusal::FieldOutOfRange { field, .. } => of_field(field, &unfit),
        Refusal::CorrectionMissing { correction } => {
            of_field(correction, &missing).or_else(|| document(correction).map(|known| lacks(correction, &known.title)))
        }
        Refusal::DocumentMissing { document: id } => document(id).map(|known| lacks(id, &known.title)),
        Refusal::NotEligible { rule } => {
            let known = source.conditions.iter().find(|condition| condition.id == *rule);
            known.map(|known| (String::new(), format!("{}.", known.title.fa), format!("{}.", known.title.en)))
        }
        _ => None,
    };
    let message = refusal.message();
    match words {
        Some((field, fa, en)) => Message { field: Some(field).filter(|field| !field.is_empty()), fa, en, ..message },
        None => Message { field: None, ..message },
    }
}

fn missing(field: &FieldSource, title: &str, lang: Lang) -> String {
    match (&field.holds, lang) {
        (FieldKind::Integer { .. }, Lang::Fa) => format!("«{title}» را بنویسید."),
        (FieldKind::Integer { .. }, Lang::En) => format!("Enter: {title}."),
        (FieldKind::Flag | FieldKind::Choice { .. }, Lang::Fa) => format!("برای «{title}» یکی را برگزینید."),
        (FieldKind::Flag | FieldKind::Choice { .. }, Lang::En) => format!("Choose one: {title}."),
    }
}

fn unfit(field: &FieldSource, title: &str, lang: Lang) -> String {
    match (&field.holds, lang) {
        (FieldKind::Integer { min, max }, Lang::Fa) => {
            format!("«{title}» باید عددی صحیح {} باشد.", range(lang, *min, *max, &field.unit))
        }
        (FieldKind::Integer { min, max }, Lang::En) => {
            format!("{title} must be a whole number, {}.", range(lang, *min, *max, &field.unit))
        }
        (FieldKind::Flag | FieldKind::Choice { .. }, _) => missing(field, title, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small_works() -> Procedure {
        let text = include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml");
        Procedure::parse(text).unwrap()
    }

    fn taken(body: &str) -> (Vec<FactValue>, Vec<(String, String)>) {
        let procedure = small_works();
        let mut form = Form::parse(body.as_bytes()).unwrap();
        let facts = take(&mut form, &procedure, &procedure.source().fields);
        (facts, form.errors(&Lang::En))
    }

    #[test]
    fn numbers_come_in_any_digits_and_with_thousands_apart() {
        for typed in ["40", "%DB%B4%DB%B0", "%D9%A4%D9%A0", "+40+"] {
            let (facts, wrong) = taken(&format!("fact-area={typed}&fact-structural=no"));
            assert_eq!(wrong, []);
            assert_eq!(facts[0].value, Value::Integer(40));
            assert_eq!(facts[1].value, Value::Flag(false));
        }
        let mut form = Form::parse("fact-area=1,000".as_bytes()).unwrap();
        take(&mut form, &small_works(), &small_works().source().fields[..1]);
        assert_eq!(
            form.error("fact-area", &Lang::Fa).unwrap(),
            "«مساحت تعمیر» باید عددی صحیح از ۱ تا ۵۰۰ متر مربع باشد."
        );
    }

    #[test]
    fn each_field_says_for_itself_what_is_wrong() {
        let (facts, wrong) = taken("fact-area=4.5&fact-structural=maybe");
        assert_eq!(facts, []);
        let wrong: Vec<_> = wrong.iter().map(|(field, text)| (field.as_str(), text.as_str())).collect();
        assert_eq!(
            wrong,
            [
                ("fact-area", "Area of the works must be a whole number, 1 to 500 m²."),
                ("fact-structural", "Choose one: Touches the structure.")
            ]
        );
        assert_eq!(taken("").1[0].1, "Enter: Area of the works.");
    }
}
