//! A small HTTP client: one connection for each request, like the plainest of clients.

use std::path::Path;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

use crate::within;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// Send a request; the body of the answer is still to come.
pub(crate) async fn open(
    socket: &Path,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Response<Incoming>, String> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|e| format!("connect: {e}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "docker");
    let bytes = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Bytes::from(body.to_string())
        }
        None => Bytes::new(),
    };
    let request = request.body(Full::new(bytes)).unwrap();
    sender
        .send_request(request)
        .await
        .map_err(|e| format!("send: {e:?}"))
}

pub(crate) async fn try_call(
    socket: &Path,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Reply, String> {
    let response = open(socket, method, path, body).await?;
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|e| format!("body: {e:?}"))?
        .to_bytes();
    Ok(Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

pub(crate) async fn call(socket: &Path, method: &str, path: &str, body: Option<&Value>) -> Reply {
    within(path, try_call(socket, method, path, body))
        .await
        .unwrap()
}

pub(crate) async fn get(socket: &Path, path: &str) -> Reply {
    call(socket, "GET", path, None).await
}

pub(crate) async fn post(socket: &Path, path: &str) -> Reply {
    call(socket, "POST", path, None).await
}

/// Pull an image, make a container of it and give its id.
pub(crate) async fn create(socket: &Path, name: &str, body: Value) -> String {
    let image = body["Image"].as_str().unwrap().to_owned();
    let pulled = post(socket, &format!("/images/create?fromImage={image}")).await;
    assert_eq!(pulled.status, 200);
    let made = call(
        socket,
        "POST",
        &format!("/containers/create?name={name}"),
        Some(&body),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["Id"].as_str().unwrap().to_owned()
}

/// A streaming body, read by pieces.
pub(crate) struct Lines {
    body: Incoming,
    buffer: Vec<u8>,
}

impl Lines {
    pub(crate) fn of(response: Response<Incoming>) -> Self {
        Self {
            body: response.into_body(),
            buffer: Vec::new(),
        }
    }

    /// The next line without its end, `None` at the end, `Err` if it broke off.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()));
            }
            match within("the next line", self.body.frame()).await {
                None => return Ok(None),
                Some(Err(error)) => return Err(format!("{error:?}")),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        let line = self.next().await.unwrap().expect("the stream goes on");
        serde_json::from_str(&line).unwrap()
    }
}
