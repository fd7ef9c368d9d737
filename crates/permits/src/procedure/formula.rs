//! Conditions and fees in CEL: whole numbers and booleans over the fields of an application, exact in rials.

use super::source::{FieldKind, FieldSource};
use crate::events::Value;
use cel::common::ast::{Expr, LiteralValue};
use cel::{Context, Env, ExecutionError, IdedExpr, parser::Parser};
use std::sync::{Arc, LazyLock};

/// CEL's standard library, built once; a context borrows it.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// The longest formula that is accepted, in bytes. Bounds the time that one evaluation can take.
const MAX_FORMULA: usize = 1_000;

/// How deep brackets may be nested. The reader takes more than 100 KiB of stack a level where it is not optimised, and
/// a deep enough formula would end the registrar's process, not only its own publication.
const MAX_BRACKETS: usize = 8;

/// The most choices (`a ? b : c`), which are read one within the other.
const MAX_CHOICES: usize = 16;

/// How deep its tree may be: a chain of operators is as deep as it is long, and evaluation recurses too.
const MAX_DEPTH: usize = 32;

/// A compiled formula.
#[derive(Debug)]
pub struct Formula {
    expression: IdedExpr,
}

/// Why a formula has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// Too long to be checked by a person.
    #[error("a formula may have {MAX_FORMULA} characters at most")]
    TooLong,
    /// Nested too deep to be read safely.
    #[error(
        "at most {MAX_BRACKETS} brackets within each other, {MAX_CHOICES} choices and {MAX_DEPTH} operators in a row"
    )]
    TooDeep,
    /// Has a comment.
    #[error("a formula has no comments; the procedure's file may have them")]
    Comment,
    /// Has other text than a name in quotes.
    #[error("in quotes stands the name of a choice: letters, digits and -")]
    Quoted,
    /// Not CEL.
    #[error("not a CEL expression: {0}")]
    Syntax(String),
    /// Uses a name that is no field of the procedure.
    #[error("there is no field {0}; the fields are {1}")]
    UnknownName(String, String),
    /// Uses fractions, which are not exact.
    #[error("{0} is not exact; use whole numbers and percent(amount, n)")]
    Inexact(&'static str),
    /// Uses a loop or a map, whose time nothing bounds.
    #[error("loops, maps and structures are not for fees and conditions")]
    Loop,
    /// Failed on these values.
    #[error("{0}")]
    Failed(String),
    /// Gave something else than what was asked for.
    #[error("must give {expected}, gave {found}")]
    Kind {
        /// `a whole number` or `true or false`.
        expected: &'static str,
        /// What came out.
        found: String,
    },
}

/// A field's name in CEL: underscores for dashes.
pub(super) fn cel_name(field: &FieldSource) -> String {
    field.id.as_str().replace('-', "_")
}

/// `percent(amount, n)`: n hundredths of the amount, rounded half away from zero; exact over the whole range.
fn percent(amount: i64, n: i64) -> Result<i64, ExecutionError> {
    let product = i128::from(amount) * i128::from(n);
    let rounded = (product.abs() + 50) / 100 * product.signum();
    i64::try_from(rounded).map_err(|_| ExecutionError::function_error("percent", "the result is too large"))
}

/// Whether brackets and choices stay within what the reader can follow. No comment and no text in quotes may hide a
/// bracket: formulas have none of the first, and of the second only names.
fn is_shallow(text: &str) -> Result<bool, FormulaError> {
    if text.contains("//") {
        return Err(FormulaError::Comment);
    }
    let (mut open, mut deepest, mut choices) = (0_usize, 0, 0);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '?' => choices += 1,
            '"' | '\'' => {
                let mut quoted = chars.by_ref().take_while(|next| *next != c);
                if !quoted.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                    return Err(FormulaError::Quoted);
                }
            }
            _ => {}
        }
        deepest = open.max(deepest);
    }
    Ok(deepest <= MAX_BRACKETS && choices <= MAX_CHOICES)
}

/// Whole numbers and no loops: a formula is exact, and its time and depth are bounded by its length.
fn plain(expr: &Expr, depth: usize) -> Result<(), FormulaError> {
    if depth > MAX_DEPTH {
        return Err(FormulaError::TooDeep);
    }
    let deeper = |expr: &IdedExpr| plain(&expr.expr, depth + 1);
    match expr {
        Expr::Literal(LiteralValue::Double(_)) => Err(FormulaError::Inexact("a number with a fraction")),
        Expr::Comprehension(_) | Expr::Map(_) | Expr::Struct(_) => Err(FormulaError::Loop),
        Expr::Call(call) => call.target.iter().map(|target| &**target).chain(&call.args).try_for_each(deeper),
        Expr::List(list) => list.elements.iter().try_for_each(deeper),
        Expr::Select(select) => deeper(&select.operand),
        Expr::Literal(_) | Expr::Ident(_) | Expr::Unspecified => Ok(()),
    }
}

impl Formula {
    /// Compiles it and checks every name against the fields.
    ///
    /// # Errors
    /// When it is not CEL, uses an unknown name or could be inexact.
    pub fn compile(text: &str, fields: &[FieldSource]) -> Result<Formula, FormulaError> {
        if text.len() > MAX_FORMULA {
            return Err(FormulaError::TooLong);
        }
        if !is_shallow(text)? {
            return Err(FormulaError::TooDeep);
        }
        let expression = Parser::new().parse(text).map_err(|errors| FormulaError::Syntax(errors.to_string()))?;
        let names: Vec<String> = fields.iter().map(cel_name).collect();
        let references = expression.references();
        if let Some(unknown) = references.variables().iter().find(|name| !names.iter().any(|n| n == *name)) {
            return Err(FormulaError::UnknownName((*unknown).to_owned(), names.join(", ")));
        }
        if references.has_function("double") {
            return Err(FormulaError::Inexact("double()"));
        }
        drop(references);
        plain(&expression.expr, 1)?;
        Ok(Formula { expression })
    }

    /// Its value as a whole number.
    ///
    /// # Errors
    /// When it overflows, divides by zero or is not a number.
    pub fn integer(&self, scope: &Scope) -> Result<i64, FormulaError> {
        scope.integer(&self.expression)
    }

    /// Its value as a condition.
    ///
    /// # Errors
    /// When it fails on these values or is not a boolean.
    pub fn holds(&self, scope: &Scope) -> Result<bool, FormulaError> {
        scope.holds(&self.expression)
    }

    /// Its tree.
    pub(super) fn expression(&self) -> &IdedExpr {
        &self.expression
    }
}

/// The fields of one application as CEL sees them. A field that is not answered is 0, false or "".
pub struct Scope(Context<'static, 'static>);

impl Scope {
    /// Binds every field of the procedure.
    pub fn new(fields: &[FieldSource], value: impl Fn(usize) -> Option<Value>) -> Scope {
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.add_function("percent", percent).expect("percent is not in CEL's standard library");
        for (index, field) in fields.iter().enumerate() {
            let bound = match (value(index), &field.holds) {
                (Some(Value::Integer(number)), _) => cel::Value::Int(number),
                (Some(Value::Flag(flag)), _) => cel::Value::Bool(flag),
                (Some(Value::Choice(choice)), _) => cel::Value::String(Arc::new(choice.to_string())),
                (None, FieldKind::Integer { .. }) => cel::Value::Int(0),
                (None, FieldKind::Flag) => cel::Value::Bool(false),
                (None, FieldKind::Choice { .. }) => cel::Value::String(Arc::new(String::new())),
            };
            context.add_variable_from_value(cel_name(field), bound);
        }
        Scope(context)
    }

    /// The whole number that an expression comes to.
    pub(super) fn integer(&self, expression: &IdedExpr) -> Result<i64, FormulaError> {
        match self.value(expression)? {
            cel::Value::Int(number) => Ok(number),
            other => Err(FormulaError::Kind { expected: "a whole number", found: format!("{other:?}") }),
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, expression: &IdedExpr) -> Result<bool, FormulaError> {
        match self.value(expression)? {
            cel::Value::Bool(holds) => Ok(holds),
            other => Err(FormulaError::Kind { expected: "true or false", found: format!("{other:?}") }),
        }
    }

    fn value(&self, expression: &IdedExpr) -> Result<cel::Value, FormulaError> {
        cel::Value::resolve(expression, &self.0).map_err(|error| FormulaError::Failed(error.to_string()))
    }
}
