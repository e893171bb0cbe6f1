//! JSON values as YAML. Whatever is not plainly a word is quoted, as JSON does it, which YAML reads.

use serde_json::Value;

/// A document, ending in a line end.
pub(crate) fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (n, (key, inner)) in map.iter().enumerate() {
                if n > 0 {
                    indent(depth, out);
                }
                out.push_str(&word(key));
                out.push(':');
                nested(inner, depth, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (n, inner) in list.iter().enumerate() {
                if n > 0 {
                    indent(depth, out);
                }
                out.push_str("- ");
                block(inner, depth + 1, out);
            }
        }
        other => {
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
}

fn nested(value: &Value, depth: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        indent(depth + 1, out);
        block(value, depth + 1, out);
    } else {
        out.push(' ');
        out.push_str(&scalar(value));
        out.push('\n');
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// Plain when nothing in it, and not the whole, means anything to a YAML reader of any version.
fn word(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_yaml() {
        let value = json!({
            "kind": "ContainerList",
            "empty": [],
            "none": {},
            "items": [
                { "name": "web", "labels": { "a b": "no", "v": "1.0" }, "ports": [[1, 2], []] },
                "x: y",
                null,
                1.5,
            ],
        });
        insta::assert_snapshot!(to_yaml(&value), @r#"
        empty: []
        items:
          - labels:
              "a b": "no"
              v: "1.0"
            name: web
            ports:
              - - 1
                - 2
              - []
          - "x: y"
          - null
          - 1.5
        kind: ContainerList
        none: {}
        "#);
    }
}
