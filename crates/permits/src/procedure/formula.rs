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

/// How deep brackets, signs and choices may be nested. The reader and the evaluation recurse: a deeper formula could
/// overflow the stack of the registrar's thread.
const MAX_NESTING: usize = 16;

/// The most numbers, names and operators of a formula; a chain of operators is as deep as it is long.
const MAX_NODES: usize = 150;

/// A compiled formula.
#[derive(Debug)]
pub struct Formula {
    expression: IdedExpr,
}

/// Why a formula has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// Too long to be checked by a person.
    #[error("a formula may have {MAX_FORMULA} characters and {MAX_NODES} numbers, names and operators at most")]
    TooLong,
    /// Nested too deep to be read safely.
    #[error("brackets, choices and signs may be nested {MAX_NESTING} deep at most")]
    TooDeep,
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
fn cel_name(field: &FieldSource) -> String {
    field.id.as_str().replace('-', "_")
}

/// `percent(amount, n)`: n hundredths of the amount, rounded half away from zero; exact over the whole range.
fn percent(amount: i64, n: i64) -> Result<i64, ExecutionError> {
    let product = i128::from(amount) * i128::from(n);
    let rounded = (product.abs() + 50) / 100 * product.signum();
    i64::try_from(rounded).map_err(|_| ExecutionError::function_error("percent", "the result is too large"))
}

/// Whether brackets, choices and rows of signs stay within what the reader can follow on a thread's stack. Counts also
/// what stands in quotes: a name of a choice has no brackets.
fn is_shallow(text: &str) -> bool {
    let (mut open, mut deepest, mut choices, mut signs, mut longest) = (0_usize, 0, 0, 0_usize, 0);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '?' => choices += 1,
            _ => {}
        }
        signs = if matches!(c, '!' | '-') { signs + 1 } else { 0 };
        (deepest, longest) = (open.max(deepest), signs.max(longest));
    }
    [deepest, choices, longest].into_iter().all(|depth| depth <= MAX_NESTING)
}

/// Whole numbers and no loops: a formula is exact, and its time and depth are bounded by its length.
fn plain(expr: &Expr, nodes: &mut usize) -> Result<(), FormulaError> {
    *nodes += 1;
    if *nodes > MAX_NODES {
        return Err(FormulaError::TooLong);
    }
    match expr {
        Expr::Literal(LiteralValue::Double(_)) => Err(FormulaError::Inexact("a number with a fraction")),
        Expr::Comprehension(_) | Expr::Map(_) | Expr::Struct(_) => Err(FormulaError::Loop),
        Expr::Call(call) => {
            call.target.iter().map(|target| &**target).chain(&call.args).try_for_each(|e| plain(&e.expr, nodes))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|element| plain(&element.expr, nodes)),
        Expr::Select(select) => plain(&select.operand.expr, nodes),
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
        if !is_shallow(text) {
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
        plain(&expression.expr, &mut 0)?;
        Ok(Formula { expression })
    }

    /// Its value as a whole number.
    ///
    /// # Errors
    /// When it overflows, divides by zero or is not a number.
    pub fn integer(&self, scope: &Scope) -> Result<i64, FormulaError> {
        match self.value(scope)? {
            cel::Value::Int(number) => Ok(number),
            other => Err(FormulaError::Kind { expected: "a whole number", found: format!("{other:?}") }),
        }
    }

    /// Its value as a condition.
    ///
    /// # Errors
    /// When it fails on these values or is not a boolean.
    pub fn holds(&self, scope: &Scope) -> Result<bool, FormulaError> {
        match self.value(scope)? {
            cel::Value::Bool(holds) => Ok(holds),
            other => Err(FormulaError::Kind { expected: "true or false", found: format!("{other:?}") }),
        }
    }

    fn value(&self, scope: &Scope) -> Result<cel::Value, FormulaError> {
        cel::Value::resolve(&self.expression, &scope.0).map_err(|error| FormulaError::Failed(error.to_string()))
    }
}

/// The fields of one application as CEL sees them. A field that is not answered is 0, false or "".
pub struct Scope(Context<'static, 'static>);

impl Scope {
    /// Binds every field of the procedure.
    pub fn new<'v>(fields: &[FieldSource], value: impl Fn(usize) -> Option<&'v Value>) -> Scope {
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.add_function("percent", percent).expect("percent is not in CEL's standard library");
        for (index, field) in fields.iter().enumerate() {
            let bound = match (value(index), &field.holds) {
                (Some(Value::Integer(number)), _) => cel::Value::Int(*number),
                (Some(Value::Flag(flag)), _) => cel::Value::Bool(*flag),
                (Some(Value::Choice(choice)), _) => cel::Value::String(Arc::new(choice.to_string())),
                (None, FieldKind::Integer { .. }) => cel::Value::Int(0),
                (None, FieldKind::Flag) => cel::Value::Bool(false),
                (None, FieldKind::Choice { .. }) => cel::Value::String(Arc::new(String::new())),
            };
            context.add_variable_from_value(cel_name(field), bound);
        }
        Scope(context)
    }
}
