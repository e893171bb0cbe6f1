//! A request taken apart.

use std::collections::HashMap;

use bytes::Bytes;
use hyper::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::sim::flavour::Flavour;
use crate::sim::model::{ApiError, ApiResult, BadFilter, Filters};

/// `/v1.41/info` is version `1.41` and route `/info`.
pub(super) fn split_version(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/v") else {
        return (None, path);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let version = &rest[..end];
    if version.starts_with(|c: char| c.is_ascii_digit()) {
        (Some(version), &rest[end..])
    } else {
        (None, path)
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

#[derive(Debug)]
pub(super) struct Req {
    pub(super) method: Method,
    /// Without the version, decoded.
    pub(super) path: String,
    query: HashMap<String, String>,
    pub(super) body: Bytes,
    /// Speaks as engines from 28 on do; the others say some things otherwise.
    modern: bool,
}

impl Req {
    pub(super) fn new(
        method: Method,
        path: &str,
        query: &str,
        body: Bytes,
        flavour: Flavour,
    ) -> Self {
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        Self {
            method,
            path,
            query,
            body,
            modern: flavour.at_least(48),
        }
    }

    pub(super) fn get(&self) -> bool {
        self.method == Method::GET
    }

    pub(super) fn post(&self) -> bool {
        self.method == Method::POST
    }

    pub(super) fn delete(&self) -> bool {
        self.method == Method::DELETE
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// As Docker reads booleans: all but a few words are true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.flag_or(name, false)
    }

    pub(super) fn flag_or(&self, name: &str, default: bool) -> bool {
        match self.query(name) {
            None => default,
            Some(value) => !matches!(
                value.trim().to_lowercase().as_str(),
                "" | "0" | "no" | "false" | "none"
            ),
        }
    }

    pub(super) fn int(&self, name: &str) -> ApiResult<Option<i64>> {
        match self.query(name) {
            None | Some("") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                ApiError::invalid(format!("strconv.Atoi: parsing \"{text}\": invalid syntax"))
            }),
        }
    }

    pub(super) fn filters(&self, known: &[&str]) -> ApiResult<Filters> {
        let text = self.query("filters");
        Filters::parse(text, known).map_err(|why| match why {
            BadFilter::Unknown(name) if self.modern => {
                ApiError::invalid(format!("invalid filter '{name}'"))
            }
            BadFilter::Unknown(name) => ApiError::invalid(format!("Invalid filter '{name}'")),
            BadFilter::Malformed if self.modern => ApiError::invalid("invalid filter"),
            BadFilter::Malformed => {
                let first = text.and_then(|t| t.chars().next()).unwrap_or(' ');
                let text = format!("invalid character '{first}' looking for beginning of value");
                ApiError::new(500, text)
            }
        })
    }

    /// The body as JSON; an empty one is `null`.
    pub(super) fn json(&self) -> ApiResult<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::invalid(format!("invalid JSON: {error}")))
    }

    /// The body as JSON, which must be there.
    pub(super) fn some_json(&self) -> ApiResult<Value> {
        match self.json()? {
            Value::Null if self.modern => Err(ApiError::invalid(
                "invalid JSON: got EOF while reading request body",
            )),
            Value::Null => Err(ApiError::new(500, "EOF")),
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_split_from_the_route() {
        assert_eq!(split_version("/v1.41/info"), (Some("1.41"), "/info"));
        assert_eq!(split_version("/info"), (None, "/info"));
        assert_eq!(split_version("/volumes"), (None, "/volumes"));
        assert_eq!(split_version("/version"), (None, "/version"));
    }

    #[test]
    fn flags_are_read_as_docker_reads_them() {
        let req = Req::new(
            Method::GET,
            "/",
            "a=1&b=0&c=true&d=False&e=",
            Bytes::new(),
            Flavour::v28(),
        );
        assert!(req.flag("a") && !req.flag("b") && req.flag("c"));
        assert!(!req.flag("d") && !req.flag("e") && !req.flag("f"));
    }
}
