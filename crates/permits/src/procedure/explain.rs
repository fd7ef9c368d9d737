//! A fee worked out in single lines that a person can check by hand: one operation a line, each with its numbers.
//!
//! Every value comes from the same evaluation as the bill's, so an explanation cannot come to another amount.

use super::Procedure;
use super::formula::{Formula, FormulaError, Scope, cel_name};
use super::source::FieldSource;
use cel::common::ast::{Expr, LiteralValue, operators};
use cel::{IdedExpr, common::ast::CallExpr};
use kernel::Rials;

/// A fee of a bill, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedFee {
    /// Its place among the procedure's fees.
    pub fee: usize,
    /// What it comes to by: each line uses the ones before it. None where the formula is a single number.
    pub lines: Vec<Line>,
    /// What it comes to: the last line, or the single number.
    pub result: Operand,
    /// The same in rials, as on the bill.
    pub amount: Rials,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub operator: Operator,
    /// Its numbers, in the order of the formula.
    pub operands: Vec<Operand>,
    /// What it comes to.
    pub value: i64,
    /// Whether the exact result was no whole number.
    pub rounded: bool,
}

/// What is done to the numbers of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// All together.
    Add,
    /// The first less the second.
    Subtract,
    /// All times each other.
    Multiply,
    /// The first by the second, without what is left over.
    Divide,
    /// What is left over when the first is divided by the second.
    Remainder,
    /// Less than nothing by as much.
    Negate,
    /// So many hundredths of the first as the second says, to the nearest rial, halves away from nothing.
    Percent,
}

/// A number of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// How much.
    pub value: i64,
    /// Where it is from.
    pub from: Origin,
    /// Places of the fields whose answers chose it among others.
    pub chosen_by: Vec<usize>,
}

/// Where a number is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the formula.
    Formula,
    /// The answer to the field at this place.
    Field(usize),
    /// The line at this place, from 0.
    Line(usize),
    /// Something that is not taken apart further.
    Computed,
}

impl Procedure {
    /// Every fee of the bill, worked out; in the order of the bill.
    ///
    /// # Errors
    /// As [`Procedure::bill`].
    pub fn explain(&self, scope: &Scope) -> Result<Vec<ExplainedFee>, super::FeeError> {
        let mut explained = Vec::new();
        for (place, (fee, compiled)) in self.source.fees.iter().zip(&self.fees).enumerate() {
            let Some(amount) = compiled.amount(fee, scope)? else { continue };
            let failed = |error: FormulaError| super::FeeError { fee: fee.id.clone(), why: error.to_string() };
            let mut lines = Vec::new();
            let mut work = Work { fields: &self.source.fields, scope, lines: &mut lines };
            let result = work.operand(compiled.formula.expression()).map_err(failed)?;
            explained.push(ExplainedFee { fee: place, lines, result, amount });
        }
        Ok(explained)
    }

    /// The condition under which the fee at this place is asked for, as the formula's own tree.
    pub(super) fn fee_condition(&self, place: usize) -> Option<&IdedExpr> {
        self.fees.get(place)?.when.as_ref().map(Formula::expression)
    }
}

/// Works one formula out.
struct Work<'a> {
    fields: &'a [FieldSource],
    scope: &'a Scope,
    lines: &'a mut Vec<Line>,
}

impl Work<'_> {
    /// The number that an expression is, with the lines that lead to it.
    fn operand(&mut self, expr: &IdedExpr) -> Result<Operand, FormulaError> {
        let value = self.scope.integer(expr)?;
        let plain = |from| Operand { value, from, chosen_by: Vec::new() };
        match &expr.expr {
            Expr::Literal(LiteralValue::Int(_)) => Ok(plain(Origin::Formula)),
            Expr::Ident(name) => Ok(plain(field(self.fields, name).map_or(Origin::Computed, Origin::Field))),
            Expr::Call(call) if call.target.is_none() => match (call.func_name.as_str(), &call.args[..]) {
                (operators::CONDITIONAL, [condition, yes, no]) => self.chosen(condition, yes, no),
                (name, args) => match operator(name, args.len()) {
                    Some(operator) => self.line(operator, call, value),
                    None => Ok(plain(Origin::Computed)),
                },
            },
            _ => Ok(plain(Origin::Computed)),
        }
    }

    fn chosen(&mut self, condition: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Result<Operand, FormulaError> {
        let mut operand = self.operand(if self.scope.holds(condition)? { yes } else { no })?;
        let mut asked: Vec<usize> = fields_of(condition, self.fields);
        asked.append(&mut operand.chosen_by);
        let mut once = Vec::with_capacity(asked.len());
        for place in asked {
            if !once.contains(&place) {
                once.push(place);
            }
        }
        Ok(Operand { chosen_by: once, ..operand })
    }

    fn line(&mut self, operator: Operator, call: &CallExpr, value: i64) -> Result<Operand, FormulaError> {
        let mut operands = Vec::new();
        for part in parts(operator, call) {
            operands.push(self.operand(part)?);
        }
        let rounded = match (operator, &operands[..]) {
            (Operator::Percent, [of, n]) => i128::from(of.value) * i128::from(n.value) % 100 != 0,
            (Operator::Divide, [of, by]) => of.value.checked_rem(by.value).is_some_and(|rest| rest != 0),
            _ => false,
        };
        self.lines.push(Line { operator, operands, value, rounded });
        Ok(Operand { value, from: Origin::Line(self.lines.len() - 1), chosen_by: Vec::new() })
    }
}

/// What is taken together in one line: a sum or product of many is one, however the formula nests it.
fn parts(operator: Operator, call: &CallExpr) -> Vec<&IdedExpr> {
    let together = matches!(operator, Operator::Add | Operator::Multiply);
    let mut parts = Vec::new();
    for (place, arg) in call.args.iter().enumerate() {
        match &arg.expr {
            // Only the left one: it is evaluated first, so that no sum in between is another than the formula's.
            Expr::Call(inner) if together && place == 0 && inner.func_name == call.func_name => {
                parts.extend(self::parts(operator, inner));
            }
            _ => parts.push(arg),
        }
    }
    parts
}

fn operator(name: &str, arguments: usize) -> Option<Operator> {
    let (operator, takes) = match name {
        operators::ADD => (Operator::Add, 2),
        operators::SUBSTRACT => (Operator::Subtract, 2),
        operators::MULTIPLY => (Operator::Multiply, 2),
        operators::DIVIDE => (Operator::Divide, 2),
        operators::MODULO => (Operator::Remainder, 2),
        operators::NEGATE => (Operator::Negate, 1),
        "percent" => (Operator::Percent, 2),
        _ => return None,
    };
    (takes == arguments).then_some(operator)
}

/// The place of the field that formulas call so.
pub(super) fn field(fields: &[FieldSource], name: &str) -> Option<usize> {
    fields.iter().position(|field| cel_name(field) == name)
}

/// Places of the fields that an expression names, each once, in the order in which it names them.
pub(super) fn fields_of(expr: &IdedExpr, fields: &[FieldSource]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        match &expr.expr {
            Expr::Ident(name) => found.extend(field(fields, name).filter(|place| !found.contains(place))),
            Expr::Call(call) => rest.extend(call.args.iter().rev().chain(call.target.as_deref())),
            Expr::List(list) => rest.extend(list.elements.iter().rev()),
            Expr::Select(select) => rest.push(&select.operand),
            _ => {}
        }
    }
    found
}
