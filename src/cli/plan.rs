//! Plans for people and for programs.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::human;
use super::out::{API_VERSION, Problem};
use crate::domain::plan::{Danger, Plan};

/// The plan in lines; each victim with its id and age.
pub(crate) fn lines(plan: &Plan, now: DateTime<Utc>) -> Vec<String> {
    let text = plan.to_string();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (line, step) in lines.iter_mut().skip(1).zip(&plan.steps) {
        if step.danger != Danger::Destructive {
            continue;
        }
        let age = match step.precondition.created {
            Some(t) => format!(", {} old", human::age(t, now)),
            None => String::new(),
        };
        *line += " [";
        *line += step.target.id.short();
        *line += &age;
        *line += "]";
    }
    lines
}

/// Several plans as one document.
pub(crate) fn document<'a>(plans: impl Iterator<Item = &'a Plan>, errors: &[Problem]) -> Value {
    let plans: Vec<Value> = plans.map(|p| json!(p)).collect();
    let errors: Vec<Value> = errors.iter().map(Problem::json).collect();
    json!({
        "apiVersion": API_VERSION,
        "kind": "PlanList",
        "items": plans,
        "errors": errors,
    })
}
