//! A worked-out fee in the reader's words: `زیربنا (۱۲۰ متر مربع) × ۹۵۰٬۰۰۰ (کاربری: مسکونی) = ۱۱۴٬۰۰۰٬۰۰۰ ریال`.

use super::Procedure;
use super::explain::{ExplainedFee, Line, Operand, Operator, Origin, field};
use super::facts::Facts;
use super::source::{FieldKind, FieldSource, Text};
use crate::events::Value;
use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};
use kernel::{Lang, Rials, text::fa_digits};

/// Units that procedures use, as people write them; any other stands as it is.
const UNITS: &[(&str, &str, &str)] =
    &[("m2", "متر مربع", "m²"), ("m", "متر", "m"), ("m3", "متر مکعب", "m³"), ("days", "روز", "days")];

impl Text {
    /// In one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fa => &self.fa,
            Lang::En => &self.en,
        }
    }
}

/// Writes explanations of one case's bill in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// The procedure whose fees they are.
    pub procedure: &'a Procedure,
    /// The case's answers.
    pub facts: &'a Facts,
    /// In which language.
    pub lang: Lang,
}

impl Words<'_> {
    /// The lines of a worked-out fee; one at least.
    #[must_use]
    pub fn lines(&self, fee: &ExplainedFee) -> Vec<String> {
        if fee.lines.is_empty() {
            return vec![self.operand(&fee.result)];
        }
        fee.lines.iter().map(|line| self.line(line)).collect()
    }

    /// Under which condition the fee is asked for: `تعداد طبقات بیش از ۳`. None where it always is.
    #[must_use]
    pub fn condition(&self, fee: &ExplainedFee) -> Option<String> {
        self.procedure.fee_condition(fee.fee).map(|condition| self.holds(condition))
    }

    fn fields(&self) -> &[FieldSource] {
        &self.procedure.source().fields
    }

    fn t(&self, fa: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Fa => fa,
            Lang::En => en,
        }
    }

    fn number(&self, number: i64) -> String {
        match self.lang {
            Lang::Fa => Rials(number).fa().trim_end_matches(" ریال").to_owned(),
            Lang::En => Rials(number).to_string(),
        }
    }

    fn line(&self, line: &Line) -> String {
        let parts: Vec<String> = line.operands.iter().map(|operand| self.operand(operand)).collect();
        let worked = match (line.operator, &parts[..]) {
            (Operator::Percent, [of, n]) => match self.lang {
                Lang::Fa => format!("{n} درصد از {of}"),
                Lang::En => format!("{n} percent of {of}"),
            },
            (Operator::Remainder, [of, by]) => match self.lang {
                Lang::Fa => format!("باقی‌مانده {of} ÷ {by}"),
                Lang::En => format!("what is left of {of} ÷ {by}"),
            },
            (Operator::Negate, _) => format!("0 − {}", parts.concat()),
            (Operator::Add, _) => parts.join(" + "),
            (Operator::Multiply, _) => parts.join(" × "),
            (Operator::Subtract, _) => parts.join(" − "),
            (Operator::Divide | Operator::Percent | Operator::Remainder, _) => parts.join(" ÷ "),
        };
        let worked = if self.lang == Lang::Fa { fa_digits(&worked) } else { worked };
        let rounded = match (line.rounded, line.operator) {
            (false, _) => "",
            (true, Operator::Percent) => self.t(" (گردشده به نزدیک‌ترین ریال)", " (to the nearest rial)"),
            (true, _) => self.t(" (بی باقی‌مانده)", " (without what is left over)"),
        };
        format!("{worked} = {}{rounded}", self.number(line.value))
    }

    fn operand(&self, operand: &Operand) -> String {
        let number = self.number(operand.value);
        let named = match operand.from {
            Origin::Field(place) => {
                let field = &self.fields()[place];
                format!("{} ({})", field.title.get(self.lang), self.with_unit(number, field))
            }
            Origin::Formula | Origin::Line(_) | Origin::Computed => number,
        };
        let chosen: Vec<String> = operand.chosen_by.iter().map(|place| self.answer(*place)).collect();
        if chosen.is_empty() { named } else { format!("{named} ({})", chosen.join(self.t("؛ ", "; "))) }
    }

    fn with_unit(&self, number: String, field: &FieldSource) -> String {
        let unit = UNITS.iter().find(|(unit, _, _)| *unit == field.unit);
        let unit = unit.map_or(field.unit.as_str(), |(_, fa, en)| self.t(fa, en));
        if unit.is_empty() { number } else { format!("{number} {unit}") }
    }

    /// A field with its answer: `کاربری: مسکونی`.
    fn answer(&self, place: usize) -> String {
        let field = &self.fields()[place];
        let answer = match (self.facts.get(self.procedure, place), &field.holds) {
            (Some(Value::Integer(number)), _) => self.with_unit(self.number(number), field),
            (Some(Value::Flag(flag)), _) => {
                self.t(if flag { "بله" } else { "نه" }, if flag { "yes" } else { "no" }).to_owned()
            }
            (Some(Value::Choice(choice)), _) => self.choice(field, choice.as_str()),
            (None, FieldKind::Integer { .. }) => self.number(0),
            (None, FieldKind::Flag) => self.t("نه", "no").to_owned(),
            (None, FieldKind::Choice { .. }) => self.t("بی‌پاسخ", "not answered").to_owned(),
        };
        format!("{}: {answer}", field.title.get(self.lang))
    }

    fn choice(&self, field: &FieldSource, id: &str) -> String {
        let FieldKind::Choice { choices } = &field.holds else { return id.to_owned() };
        let named = choices.iter().find(|choice| choice.id.as_str() == id);
        named.map_or_else(|| id.to_owned(), |choice| choice.title.get(self.lang).to_owned())
    }

    /// A condition in words, as far as a person would put it so; the rest by its marks.
    fn holds(&self, expr: &IdedExpr) -> String {
        match &expr.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Literal(LiteralValue::Int(number)) => self.number(*number.inner()),
            Expr::Literal(LiteralValue::String(text)) => text.inner().to_owned(),
            Expr::Literal(LiteralValue::Boolean(flag)) => {
                self.t(if *flag.inner() { "بله" } else { "نه" }, if *flag.inner() { "yes" } else { "no" }).to_owned()
            }
            Expr::Call(call) => match (call.func_name.as_str(), &call.args[..]) {
                (operators::LOGICAL_NOT, [of]) => format!("{}{}", self.t("نه ", "not "), self.within(of)),
                (operators::NEGATE, [of]) => format!("−{}", self.within(of)),
                (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => self.same(&call.func_name, left, right),
                (name, [left, right]) if call.target.is_none() && !sign(name).is_empty() => {
                    let (fa, en) = sign_words(name).unwrap_or((sign(name), sign(name)));
                    format!("{} {} {}", self.within(left), self.t(fa, en), self.within(right))
                }
                (name, args) => {
                    let args: Vec<String> =
                        call.target.as_deref().into_iter().chain(args).map(|arg| self.holds(arg)).collect();
                    format!("{name}({})", args.join(self.t("، ", ", ")))
                }
            },
            _ => "…".to_owned(),
        }
    }

    /// In brackets where it is two or more things.
    fn within(&self, expr: &IdedExpr) -> String {
        let plain = !matches!(&expr.expr, Expr::Call(call) if call.args.len() > 1);
        if plain { self.holds(expr) } else { format!("({})", self.holds(expr)) }
    }

    /// `کاربری: مسکونی`, where a choice is compared with its name.
    fn same(&self, name: &str, left: &IdedExpr, right: &IdedExpr) -> String {
        let value = match (&left.expr, &right.expr) {
            (Expr::Ident(of), Expr::Literal(LiteralValue::String(id))) => {
                let field = field(self.fields(), of).map(|place| &self.fields()[place]);
                field.map_or_else(|| id.inner().to_owned(), |field| self.choice(field, id.inner()))
            }
            _ => self.within(right),
        };
        let left = self.within(left);
        if name == operators::EQUALS {
            format!("{left}: {value}")
        } else {
            format!("{left}: {}{value}", self.t("جز ", "other than "))
        }
    }

    fn name(&self, name: &str) -> String {
        let place = field(self.fields(), name);
        place.map_or_else(|| name.to_owned(), |place| self.fields()[place].title.get(self.lang).to_owned())
    }
}

/// How an operation of two is written.
fn sign(name: &str) -> &'static str {
    match name {
        operators::ADD => "+",
        operators::SUBSTRACT => "−",
        operators::MULTIPLY => "×",
        operators::DIVIDE => "÷",
        operators::MODULO => "%",
        operators::GREATER => ">",
        operators::GREATER_EQUALS => "≥",
        operators::LESS => "<",
        operators::LESS_EQUALS => "≤",
        operators::LOGICAL_AND => "&",
        operators::LOGICAL_OR => "|",
        _ => "",
    }
}

/// How it is said, where it is: a `<` between two right-to-left texts is read the wrong way round.
fn sign_words(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        operators::GREATER => ("بیش از", "more than"),
        operators::GREATER_EQUALS => ("دست‌کم", "at least"),
        operators::LESS => ("کم‌تر از", "less than"),
        operators::LESS_EQUALS => ("حداکثر", "at most"),
        operators::LOGICAL_AND => ("و", "and"),
        operators::LOGICAL_OR => ("یا", "or"),
        _ => return None,
    })
}
