//! The Docker Engine HTTP API over one connection: versions, faults, routing.

mod archive;
mod body;
mod containers;
mod gate;
mod hijack;
mod objects;
mod request;
mod streams;
mod swarm;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::engine::Shared;
use super::flavour::Flavour;
use super::model::{ApiError, ApiResult};
use super::script::Fault;
use body::{Answer, Served};
use gate::Gate;
use request::Req;

/// Serve one connection until it ends.
pub(crate) async fn connection(shared: Arc<Shared>, stream: UnixStream, token: CancellationToken) {
    match shared.faults.on_accept() {
        Some(Fault::CloseAtOnce) => {
            // Reading first makes it an orderly end instead of a reset.
            let _ = stream.readable().await;
            let _ = stream.try_read(&mut [0; 4096]);
            return;
        }
        Some(Fault::Reset) => {
            // What is left unread when the socket is closed makes the kernel send a reset.
            let _ = stream.readable().await;
            return;
        }
        Some(Fault::Garbage) => {
            let mut stream = stream;
            let _ = stream.readable().await;
            let _ = stream.try_read(&mut [0; 4096]);
            let _ = stream
                .write_all(b"\x15\x03\x01\x00\x02\x02\x50 SSH-2.0-OpenSSH\r\n")
                .await;
            return;
        }
        _ => {}
    }
    let gate = Gate::new(stream, shared.faults.subscribe());
    let service = service_fn(move |request| serve(Arc::clone(&shared), token.clone(), request));
    let served = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .serve_connection(TokioIo::new(gate), service)
        .with_upgrades();
    // A client that hangs up in the middle is no news here.
    let _ = served.await;
}

async fn serve(
    shared: Arc<Shared>,
    token: CancellationToken,
    request: Request<Incoming>,
) -> Served {
    let path = request.uri().path().to_owned();
    let (version, route) = request::split_version(&path);
    let method = request.method().clone();
    let faults = shared.faults.strike(method.as_str(), route);
    for fault in &faults {
        match fault {
            Fault::Latency(time) => tokio::time::sleep(*time).await,
            Fault::Status(status, message) => {
                return Ok(body::error(&ApiError::new(*status, message.clone())));
            }
            Fault::Html => {
                let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n";
                return Ok(body::typed(200, "text/html", page));
            }
            Fault::Garbage => {
                return Ok(body::typed(200, "application/json", "[{\"Id\": \u{1}nope"));
            }
            Fault::CloseAtOnce | Fault::Reset | Fault::Refuse => {
                return Err(io::Error::new(
                    io::ErrorKind::ConnectionReset,
                    "closed by the script",
                ));
            }
            // A general freeze is the gate's business; this one is for some paths only.
            Fault::Frozen if shared.faults.subscribe().borrow().frozen() => {}
            Fault::Frozen => std::future::pending().await,
            Fault::Truncate(_) | Fault::SlowBody(..) | Fault::CutStream(_) => {}
        }
    }
    let flavour = shared.with(|model| model.flavour);
    let route = route.to_owned();
    let served = match check_version(flavour, version) {
        Ok(()) => dispatch(&shared, &token, request, &route, flavour).await,
        Err(error) => Err(error),
    };
    let ancient = version.is_some_and(|v| parse_version(v).is_some_and(|v| v < PLAIN_ERRORS));
    let answer = served.unwrap_or_else(|error| {
        if ancient {
            body::typed(
                error.status,
                "text/plain; charset=utf-8",
                format!("{}\n", error.message),
            )
        } else {
            body::error(&error)
        }
    });
    let mut answer = body::afflict(&shared, answer, &faults);
    dress(flavour, answer.headers_mut());
    body::served(answer)
}

fn dress(flavour: Flavour, headers: &mut HeaderMap) {
    let server = format!("Docker/{} (linux)", flavour.version);
    for (name, value) in [
        ("api-version", flavour.api()),
        ("docker-experimental", "false".to_owned()),
        ("ostype", "linux".to_owned()),
        ("server", server),
    ] {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            headers.insert(name, value);
        }
    }
}

/// Clients before this API version get their errors as plain text.
const PLAIN_ERRORS: (u16, u16) = (1, 24);

fn parse_version(text: &str) -> Option<(u16, u16)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn check_version(flavour: Flavour, asked: Option<&str>) -> ApiResult<()> {
    let Some(asked) = asked else { return Ok(()) };
    let Some((major, minor)) = parse_version(asked) else {
        return Err(ApiError::not_found("page not found"));
    };
    if (major, minor) < flavour.api_min {
        let oldest = format!("{}.{}", flavour.api_min.0, flavour.api_min.1);
        return Err(ApiError::invalid(format!(
            "client version {asked} is too old. Minimum supported API version is {oldest}, please upgrade your client to a newer version"
        )));
    }
    if (major, minor) > flavour.api_max {
        return Err(ApiError::invalid(format!(
            "client version {asked} is too new. Maximum supported API version is {}",
            flavour.api()
        )));
    }
    Ok(())
}

/// Read the request and find who answers it.
async fn dispatch(
    shared: &Arc<Shared>,
    token: &CancellationToken,
    mut request: Request<Incoming>,
    route: &str,
    flavour: Flavour,
) -> ApiResult<Answer> {
    let upgrade = request
        .headers()
        .contains_key(hyper::header::UPGRADE)
        .then(|| hyper::upgrade::on(&mut request));
    let (parts, incoming) = request.into_parts();
    let hijacks = route.ends_with("/attach");
    let bytes = if hijacks {
        Bytes::new()
    } else {
        match incoming.collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(_) => return Err(ApiError::invalid("unexpected EOF")),
        }
    };
    let req = Req::new(
        parts.method,
        route,
        parts.uri.query().unwrap_or_default(),
        bytes,
        flavour,
    );
    let segments: Vec<&str> = req.path.split('/').filter(|s| !s.is_empty()).collect();
    let ctx = Ctx { shared, token };
    if let Some(answer) = streams::route(&ctx, &req, &segments).await? {
        return Ok(answer);
    }
    if let Some(answer) = hijack::route(&ctx, &req, &segments, upgrade)? {
        return Ok(answer);
    }
    shared.with(|model| {
        if let Some(answer) = objects::route(model, &req, &segments)? {
            return Ok(answer);
        }
        if let Some(answer) = containers::route(model, &req, &segments)? {
            return Ok(answer);
        }
        if let Some(answer) = archive::route(model, &req, &segments)? {
            return Ok(answer);
        }
        if let Some(answer) = swarm::route(model, &req, &segments)? {
            return Ok(answer);
        }
        Err(ApiError::not_found("page not found"))
    })
}

/// What a handler may need besides the request.
pub(super) struct Ctx<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) token: &'a CancellationToken,
}
