//! Checks a procedure as a whole before anybody can be held to it.

use super::formula::Formula;
use super::source::{DeadlineSource, FieldKind, FieldSource, OnExpiry, Phase, Source, StepSource};
use super::{CompiledFee, CompiledStep, Facts, MAX_STEPS, Offered, Procedure, ProcedureError};
use crate::events::{FactValue, Value};
use kernel::{Date, StepId, time};
use std::collections::{BTreeMap, BTreeSet};

/// The longest deadline, in days: ten years.
const MAX_DAYS: u16 = 3_650;

/// The longest text: a command may have 64 KiB, and a person must be able to read it.
const MAX_TEXT: usize = 60 * 1024;

/// The most of any one kind in a list: a case keeps steps and documents as 64 bits, and a page shows the rest.
const MAX_LIST: usize = 64;

/// Roles that no step, agency or decision can belong to.
const NO_DESKS: &[&str] = &["admin", "bank", "citizen", "clock", "importer"];

type Checked<T = ()> = Result<T, ProcedureError>;

fn broken<T>(at: impl Into<String>, why: impl Into<String>) -> Checked<T> {
    Err(ProcedureError { at: at.into(), why: why.into() })
}

pub(super) fn parse(text: &str) -> Checked<Procedure> {
    if text.len() > MAX_TEXT {
        return broken("procedure", format!("may have {MAX_TEXT} bytes at most"));
    }
    let source: Source = match toml::from_str(text) {
        Ok(source) => source,
        Err(error) => return broken("TOML", error.to_string().trim_end()),
    };
    lists_are_short(&source)?;
    names_are_unique(&source)?;
    source.fields.iter().try_for_each(field_can_be_answered)?;
    whole_case(&source)?;
    roles_are_officers(&source)?;
    for step in &source.steps {
        step_alone(&source, step)?;
    }
    let procedure = compile(text, source)?;
    no_step_waits_for_itself(&procedure)?;
    no_step_is_done_by_going_back(&procedure)?;
    formulas_have_values(&procedure)?;
    Ok(procedure)
}

fn lists_are_short(source: &Source) -> Checked {
    let agencies = source.steps.iter().map(|step| step.consultations.len()).sum();
    let lists = [
        ("field", source.fields.len()),
        ("condition", source.conditions.len()),
        ("document", source.documents.len()),
        ("article", source.articles.len()),
        ("fee", source.fees.len()),
        ("channel", source.channels.len()),
        ("consultation", agencies),
    ];
    let in_steps = source.steps.iter().flat_map(|step| {
        [("checklist", step.checklist.len()), ("outcome", step.outcomes.len()), ("after", step.after.len())]
    });
    match lists.into_iter().chain(in_steps).find(|(_, items)| *items > MAX_LIST) {
        Some((what, _)) => broken(what, format!("there may be {MAX_LIST} at most")),
        None => Ok(()),
    }
}

/// Roles that mean the same in every procedure are no desks: a step of the role citizen would be anybody's but the
/// applicant's, who may not act on their own case.
fn roles_are_officers(source: &Source) -> Checked {
    let steps = source.steps.iter().map(|step| (format!("step {}: role", step.id), &step.role));
    let asked = source.steps.iter().flat_map(|step| &step.consultations);
    let asked = asked.map(|asked| (format!("consultation {}: role", asked.agency), &asked.role));
    let decided = source.decisions.iter().flat_map(|d| {
        [
            &d.refuse,
            &d.bill,
            &d.grant,
            &d.issue,
            &d.suspend,
            &d.renew,
            &d.transfer,
            &d.complete,
            &d.extend,
            &d.objection,
        ]
    });
    let decided = decided.map(|role| ("decisions".to_owned(), role));
    match steps.chain(asked).chain(decided).find(|(_, role)| NO_DESKS.contains(&role.as_str())) {
        Some((at, role)) => broken(at, format!("{role} is nobody's desk")),
        None => Ok(()),
    }
}

fn field_can_be_answered(field: &FieldSource) -> Checked {
    let at = || format!("field {}", field.id);
    match &field.holds {
        FieldKind::Integer { min, max } if min > max => broken(at(), "min is more than max"),
        FieldKind::Choice { choices } if choices.is_empty() => broken(at(), "there is nothing to choose from"),
        FieldKind::Choice { choices } if choices.len() > MAX_LIST => {
            broken(at(), format!("there may be {MAX_LIST} choices at most"))
        }
        FieldKind::Choice { choices } => unique(&format!("{}: choice", at()), choices.iter().map(|choice| &choice.id)),
        FieldKind::Integer { .. } | FieldKind::Flag => Ok(()),
    }
}

fn names_are_unique(source: &Source) -> Checked {
    unique("field", source.fields.iter().map(|field| &field.id))?;
    unique("condition", source.conditions.iter().map(|condition| &condition.id))?;
    let documents = source.documents.iter().map(|document| &document.id);
    unique("field or document", source.fields.iter().map(|field| &field.id).chain(documents))?;
    unique("article", source.articles.iter().map(|article| &article.id))?;
    unique("fee", source.fees.iter().map(|fee| &fee.id))?;
    unique("step", source.steps.iter().map(|step| &step.id))?;
    unique("agency", source.steps.iter().flat_map(|step| &step.consultations).map(|asked| &asked.agency))
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a StepId>) -> Checked {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return broken(format!("{what} {id}"), "is there twice");
        }
    }
    Ok(())
}

fn whole_case(source: &Source) -> Checked {
    if source.version == 0 {
        return broken("version", "versions start at 1");
    }
    if source.title.fa.trim().is_empty() || source.title.en.trim().is_empty() {
        return broken("title", "must be there in both languages");
    }
    if source.observed {
        let decided = source.decisions.is_some() || !source.steps.is_empty() || !source.fees.is_empty();
        return if decided {
            broken("observed", "an observed procedure decides nothing: no steps, fees or decisions")
        } else {
            Ok(())
        };
    }
    if source.decisions.is_none() {
        return broken("decisions", "must say which role takes each decision");
    }
    if source.steps.is_empty() || source.steps.len() > MAX_STEPS {
        return broken("step", format!("there must be 1 to {MAX_STEPS} steps, not {}", source.steps.len()));
    }
    if source.licence.as_ref().is_none_or(|licence| licence.valid_days == 0) {
        return broken("licence", "must say for how many days it holds");
    }
    deadline("promise", source.promise.as_ref())?;
    deadline("payment", source.payment.as_ref())?;
    if source.promise.as_ref().is_some_and(|promise| matches!(promise.on_expiry, OnExpiry::Consent)) {
        return broken("promise", "silence cannot issue a licence: no licence before every step, fee and consultation");
    }
    if source.payment.as_ref().is_some_and(|payment| matches!(payment.on_expiry, OnExpiry::Consent)) {
        return broken("payment", "silence pays no bill");
    }
    if let Some(objection) = &source.objection {
        let answer = objection.answer.as_ref();
        if answer.is_some_and(|answer| !matches!(answer.on_expiry, OnExpiry::Escalate)) {
            return broken("objection.answer", "an objection is decided by its panel: expiry can only escalate");
        }
        deadline("objection.within", Some(&objection.within))?;
        deadline("objection.answer", objection.answer.as_ref())?;
        let reopened = source.steps.iter().find(|step| step.id == objection.reopens);
        if reopened.is_none_or(|step| step.phase != Phase::Application || step.on_demand) {
            return broken("objection.reopens", format!("there is no step {} of the application", objection.reopens));
        }
    }
    Ok(())
}

fn deadline(at: &str, deadline: Option<&DeadlineSource>) -> Checked {
    match deadline {
        Some(source) if source.days == 0 || source.days > MAX_DAYS || source.extension > MAX_DAYS => {
            broken(at, format!("a deadline has 1 to {MAX_DAYS} days"))
        }
        _ => Ok(()),
    }
}

fn step_alone(source: &Source, step: &StepSource) -> Checked {
    let at = |part: &str| format!("step {}: {part}", step.id);
    deadline(&at("deadline"), step.deadline.as_ref())?;
    unique(&at("checklist"), step.checklist.iter().map(|item| &item.id))?;
    unique(&at("outcome"), step.outcomes.iter().map(|outcome| &outcome.id))?;
    let find = |id: &StepId| source.steps.iter().find(|other| other.id == *id);
    for before in &step.after {
        match find(before) {
            None => return broken(at("after"), format!("there is no step {before}")),
            Some(other) if other.phase != step.phase => {
                return broken(
                    at("after"),
                    format!("{before} is in the other phase; phases follow each other by themselves"),
                );
            }
            Some(_) => {}
        }
    }
    if let Some(missing) = step.documents.iter().find(|id| !source.documents.iter().any(|document| document.id == **id))
    {
        return broken(at("documents"), format!("there is no document {missing}"));
    }
    if step.needs_payment && source.fees.is_empty() {
        return broken(at("needs-payment"), "the procedure has no fees");
    }
    for asked in &step.consultations {
        deadline(&at(&format!("consultation {}", asked.agency)), asked.deadline.as_ref())?;
    }
    for outcome in &step.outcomes {
        let part = at(&format!("outcome {}", outcome.id));
        if [outcome.opens.is_some(), outcome.back_to.is_some(), outcome.refuses.is_some()]
            .iter()
            .filter(|x| **x)
            .count()
            > 1
        {
            return broken(part, "has one effect at most: opens, back-to or refuses");
        }
        if outcome
            .opens
            .as_ref()
            .is_some_and(|id| find(id).is_none_or(|other| !other.on_demand || other.phase != step.phase))
        {
            return broken(part, "opens must name a step of this phase that is on-demand");
        }
        if outcome.back_to.as_ref().is_some_and(|id| find(id).is_none_or(|other| other.phase != step.phase)) {
            return broken(part, "back-to must name a step of this phase");
        }
        if let Some(article) =
            outcome.refuses.as_ref().filter(|id| !source.articles.iter().any(|known| known.id == **id))
        {
            return broken(part, format!("there is no article {article}"));
        }
    }
    let refuses_by_silence = step.deadline.as_ref().is_some_and(|d| matches!(d.on_expiry, OnExpiry::Refuse));
    if refuses_by_silence && step.phase == Phase::Works {
        return broken(at("deadline"), "what is licensed already is not refused by silence");
    }
    let on_expiry_consent = step.deadline.as_ref().is_some_and(|d| matches!(d.on_expiry, OnExpiry::Consent));
    if on_expiry_consent
        && step
            .outcomes
            .first()
            .is_some_and(|first| first.opens.is_some() || first.back_to.is_some() || first.refuses.is_some())
    {
        return broken(at("deadline"), "consent takes the first outcome, which must let the case go on");
    }
    Ok(())
}

fn compile(text: &str, source: Source) -> Checked<Procedure> {
    let fields = &source.fields;
    let formula = |at: String, text: &str| match Formula::compile(text, fields) {
        Ok(formula) => Ok(formula),
        Err(error) => broken(at, error.to_string()),
    };
    let optional = |at: String, text: Option<&String>| text.map(|text| formula(at, text)).transpose();
    let conditions = source.conditions.iter().map(|c| formula(format!("condition {}", c.id), &c.holds));
    let conditions = conditions.collect::<Checked<_>>()?;
    let mut fees = Vec::new();
    for fee in &source.fees {
        let when = optional(format!("fee {}: when", fee.id), fee.when.as_ref())?;
        fees.push(CompiledFee { when, formula: formula(format!("fee {}: formula", fee.id), &fee.formula)? });
    }
    let places: BTreeMap<&StepId, usize> =
        source.steps.iter().enumerate().map(|(place, step)| (&step.id, place)).collect();
    let mut steps = Vec::new();
    for step in &source.steps {
        let at = |asked: &StepId| format!("step {}: consultation {asked}: when", step.id);
        steps.push(CompiledStep {
            when: optional(format!("step {}: when", step.id), step.when.as_ref())?,
            after: step.after.iter().map(|before| places[before]).collect(),
            consultations: step
                .consultations
                .iter()
                .map(|asked| optional(at(&asked.agency), asked.when.as_ref()))
                .collect::<Checked<_>>()?,
        });
    }
    let channels = channels(&source)?;
    Ok(Procedure { text: text.to_owned(), conditions, fees, steps, channels, source })
}

fn channels(source: &Source) -> Checked<Vec<Offered>> {
    let until = |name: &str, text: &String| -> Checked<Date> {
        time::parse_date(text)
            .map_or_else(|_| broken(format!("channel {name}: until"), format!("{text} is not a day")), Ok)
    };
    let offered = source.channels.iter().map(|(name, channel)| {
        let until = channel.until.as_ref().map(|text| until(name, text)).transpose()?;
        Ok(Offered { name: name.clone(), in_person: channel.in_person, until })
    });
    offered.collect()
}

fn no_step_waits_for_itself(procedure: &Procedure) -> Checked {
    let mut done = 0u64;
    loop {
        let ready = (0..procedure.steps.len()).filter(|&s| procedure.before(s).iter().all(|&b| done >> b & 1 == 1));
        let grown = ready.fold(done, |set, step| set | 1 << step);
        if grown == done {
            break;
        }
        done = grown;
    }
    match (0..procedure.steps.len()).find(|&step| done >> step & 1 == 0) {
        Some(step) => broken(format!("step {}: after", procedure.step_at(step).id), "waits for itself"),
        None => Ok(()),
    }
}

/// A step that sends the case back must be undone with it, or it would count as done without its checks. A step on
/// demand may: it is done by whatever it finds.
fn no_step_is_done_by_going_back(procedure: &Procedure) -> Checked {
    for (place, step) in procedure.source.steps.iter().enumerate().filter(|(_, step)| !step.on_demand) {
        for back in step.outcomes.iter().filter_map(|outcome| outcome.back_to.as_ref()) {
            let (earlier, _) = procedure.step(back).expect("back-to is checked to name a step");
            if procedure.from_here_on(earlier) >> place & 1 == 0 {
                return broken(format!("step {}: back-to", step.id), format!("must name a step before it, not {back}"));
            }
        }
    }
    Ok(())
}

/// Tries every formula on the least and the most that the fields may hold, so that a wrong kind or an overflow shows
/// when the procedure is published and not when a citizen applies.
fn formulas_have_values(procedure: &Procedure) -> Checked {
    for most in [false, true] {
        let answers: Vec<FactValue> = procedure.source.fields.iter().map(|field| extreme(field, most)).collect();
        let scope = procedure.scope(&Facts::default().with(procedure, &answers));
        let name = |what: &str, id: &StepId| format!("{what} {id}");
        for (condition, formula) in procedure.source.conditions.iter().zip(&procedure.conditions) {
            formula.holds(&scope).or_else(|error| broken(name("condition", &condition.id), error.to_string()))?;
        }
        for (step, compiled) in procedure.source.steps.iter().zip(&procedure.steps) {
            for when in compiled.when.iter().chain(compiled.consultations.iter().flatten()) {
                when.holds(&scope).or_else(|error| broken(name("step", &step.id), error.to_string()))?;
            }
        }
        for (fee, compiled) in procedure.source.fees.iter().zip(&procedure.fees) {
            if let Some(when) = &compiled.when {
                when.holds(&scope).or_else(|error| broken(name("fee", &fee.id), error.to_string()))?;
            }
            compiled.formula.integer(&scope).or_else(|error| broken(name("fee", &fee.id), error.to_string()))?;
        }
    }
    Ok(())
}

fn extreme(field: &FieldSource, most: bool) -> FactValue {
    let value = match &field.holds {
        FieldKind::Integer { min, max } => Value::Integer(if most { *max } else { *min }),
        FieldKind::Flag => Value::Flag(most),
        FieldKind::Choice { choices } => {
            let choice = if most { choices.last() } else { choices.first() };
            Value::Choice(choice.map_or_else(super::done, |choice| choice.id.clone()))
        }
    };
    FactValue { field: field.id.clone(), value }
}
