//! Files as they are looked through: places, directories, the beginning of a file.

use super::grid::Grid;
use super::page::{Item, Page, Target};
use super::{links, nothing};
use crate::domain::files::{Entry, EntryKind, FileHead, Found, Layer, Listing, permissions};
use crate::domain::id::Kind;
use crate::domain::text::{sanitise, sanitise_lines};
use crate::tui::detail::Detail;
use crate::tui::files::{Place, Spot, below, places};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// Bytes of a file without text that are shown.
const DUMP: usize = 4096;

/// The files tab.
pub(super) fn page(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Page {
    let Some(spot) = &detail.files.spot else {
        return beginning(model, detail, paint).into();
    };
    let label = &spot.place.container;
    let mut out = vec![title(spot, &spot.path)];
    match detail.files.found.value() {
        None => {
            let text = format!(
                "reading {}:{}{}",
                label,
                sanitise(&spot.path),
                paint.glyphs.ellipsis
            );
            out.push(nothing(&text));
        }
        Some(Err(e)) => out.extend(super::error(e).into_iter().map(Item::from)),
        Some(Ok(Found::Directory(listing))) => directory(&mut out, spot, listing, paint),
        Some(Ok(Found::File(head))) => file(&mut out, spot, head, paint),
    }
    out.into()
}

/// Where one is, as `cp` takes it.
fn title(spot: &Spot, path: &str) -> Item {
    let clean = sanitise(path).into_owned();
    let container = &spot.place.container;
    let line = Line::of(Role::TextMuted, format!("{container}:")).add(Role::TextStrong, &*clean);
    Item {
        path: Some(format!("{container}:{path}")),
        ..Item::from(line).value(path)
    }
}

fn place_of(model: &Model, detail: &Detail) -> Vec<Place> {
    let workdir =
        links::document(detail).and_then(|d| links::text(d.pointer("/Config/WorkingDir")));
    let object = detail.subject.object();
    object.map_or_else(Vec::new, |o| places(o, workdir.as_deref(), &model.snapshot))
}

/// Where one can begin.
fn beginning(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let all = place_of(model, detail);
    if all.is_empty() {
        let is_volume = detail.subject.kind() == Some(Kind::Volume);
        if is_volume && detail.subject.row(&model.snapshot).is_some() {
            return vec![
                nothing("no container mounts it"),
                nothing("an engine shows the files of a volume only through a container that does"),
            ];
        }
        return super::describe::gone(&detail.subject, model);
    }
    let mut grid = Grid::new(&["PATH", "WHAT"]);
    for place in all {
        let cells = vec![
            (Role::TextAccent, sanitise(&place.path).into_owned()),
            (Role::TextMuted, place.what.clone()),
        ];
        let spot = Spot {
            path: place.path.clone(),
            place,
        };
        grid.row(cells, opened(Item::default(), spot));
    }
    grid.items(paint)
}

/// A line that leads to a path.
fn opened(item: Item, spot: Spot) -> Item {
    let path = spot.path.clone();
    Item {
        path: Some(format!("{}:{path}", spot.place.container)),
        ..item.value(path).to(Target::Path(spot))
    }
}

fn directory(out: &mut Vec<Item>, spot: &Spot, listing: &Listing, paint: &Paint<'_>) {
    let here = Spot {
        path: listing.path.clone(),
        ..spot.clone()
    };
    if listing.path != spot.path {
        let text = format!("leads to {}", sanitise(&listing.path));
        out.push(nothing(&text));
    }
    let up = Item::from(Line::of(Role::TextAccent, ".."));
    out.push(up.to(Target::Up));
    let mut grid = Grid::new(&["MODE", "SIZE", "MODIFIED", "NAME"]);
    for entry in &listing.entries {
        grid.row(
            cells(entry, paint),
            opened(Item::default(), below(&here, &entry.name)),
        );
    }
    if grid.is_empty() && listing.complete {
        out.push(nothing("empty"));
    }
    if !grid.is_empty() {
        out.extend(grid.items(paint));
    }
    if !listing.complete {
        let text = format!(
            "not all of it: engines send a directory with everything below, and this was broken off after {}",
            format::bytes(listing.read)
        );
        let line = Line::of(Role::SeverityWarning, text);
        out.push(line.into());
    }
}

fn cells(entry: &Entry, paint: &Paint<'_>) -> Vec<super::grid::Cell> {
    let name = sanitise(&entry.name).into_owned();
    let (sign, role, name) = match &entry.kind {
        EntryKind::Directory => ('d', Role::TextAccent, format!("{name}/")),
        EntryKind::File => ('-', Role::Text, name),
        EntryKind::Link(to) => ('l', Role::TextMuted, format!("{name} -> {}", sanitise(to))),
        EntryKind::Other => ('?', Role::TextDim, name),
    };
    let size = match entry.kind {
        EntryKind::File => format!("{:>5}", format::bytes(entry.size)),
        _ => String::new(),
    };
    let modified = entry.modified.filter(|t| t.timestamp() > 0);
    vec![
        (Role::TextDim, format!("{sign}{}", permissions(entry.mode))),
        (Role::Text, size),
        (
            Role::TextMuted,
            modified.map_or_else(String::new, |t| paint.moment(t)),
        ),
        (role, name),
    ]
}

fn file(out: &mut Vec<Item>, spot: &Spot, head: &FileHead, paint: &Paint<'_>) {
    if head.path != spot.path {
        let text = format!("leads to {}", sanitise(&head.path));
        out.push(nothing(&text));
    }
    let mut about = format!("{}  {}", permissions(head.mode), format::bytes(head.size));
    if let Some(at) = head.modified {
        about = format!("{about}  {}", paint.moment(at));
    }
    out.push(Line::of(Role::TextMuted, about).into());
    out.push(Item::default());
    let text = head.bytes.is_empty() || is_text(&head.bytes);
    if head.bytes.is_empty() {
        out.push(nothing("empty"));
    } else if text {
        let content = String::from_utf8_lossy(&head.bytes);
        for line in sanitise_lines(&content).trim_end_matches('\n').split('\n') {
            out.push(Item::from(Line::of(Role::Text, line)).value(line));
        }
    } else {
        out.push(nothing("no text; as numbers and signs:"));
        out.extend(head.bytes.chunks(16).take(DUMP / 16).enumerate().map(dump));
    }
    let shown = if text {
        head.bytes.len()
    } else {
        head.bytes.len().min(DUMP)
    };
    if head.size > shown as u64 {
        let text = format!(
            "the first {} of {}; S copies the whole file here",
            format::bytes(shown as u64),
            format::bytes(head.size)
        );
        out.push(Line::of(Role::SeverityWarning, text).into());
    }
}

/// Is it text: no zero bytes, and nearly all of it UTF-8?
fn is_text(bytes: &[u8]) -> bool {
    let odd = |b: &u8| *b < 0x20 && !matches!(*b, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c);
    let odd = bytes.iter().filter(|b| odd(b)).count();
    !bytes.contains(&0) && odd * 20 <= bytes.len()
}

fn dump((n, row): (usize, &[u8])) -> Item {
    use std::fmt::Write;
    let mut hex = String::new();
    let mut signs = String::new();
    for byte in row {
        // Writing to a string cannot go wrong.
        let _ = write!(hex, "{byte:02x} ");
        let shown = (0x20..0x7f).contains(byte);
        signs.push(if shown { char::from(*byte) } else { '.' });
    }
    Line::of(Role::TextDim, format!("{:08x}  ", n * 16))
        .add(Role::Text, format!("{hex:<49}"))
        .add(Role::TextMuted, signs)
        .into()
}

/// The steps in which an image was made, the newest first.
pub(super) fn layers(layers: &[Layer], paint: &Paint<'_>) -> Vec<Item> {
    if layers.is_empty() {
        return vec![nothing("the engine tells nothing of how it was made")];
    }
    let total: u64 = layers.iter().map(|l| l.size).sum();
    let mut grid = Grid::new(&["SIZE", "", "AGE", "MADE BY"]);
    let largest = layers.iter().map(|l| l.size).max().unwrap_or(0).max(1);
    for layer in layers {
        let share = layer.size as f64 / largest as f64;
        let bar = super::happened::bar(share, 10, paint, true);
        let by = command(&layer.created_by);
        let role = if layer.size == 0 {
            Role::TextMuted
        } else {
            Role::Text
        };
        let created = layer.created.filter(|t| t.timestamp() > 0);
        let cells = vec![
            (role, format!("{:>5}", format::bytes(layer.size))),
            (
                Role::GaugeLow,
                if layer.size == 0 { String::new() } else { bar },
            ),
            (
                Role::TextMuted,
                created.map_or_else(String::new, |t| paint.age(t)),
            ),
            (role, by.clone()),
        ];
        grid.row(cells, Item::default().value(by));
    }
    let mut out = grid.items(paint);
    let with_files = layers.iter().filter(|l| l.size > 0).count();
    let text = format!(
        "{}, {} of them with files, {} in all",
        format::counted(layers.len(), "step", "steps"),
        with_files,
        format::bytes(total)
    );
    out.push(Item::default());
    out.push(Line::of(Role::TextMuted, text).into());
    out
}

/// What made a layer, without what every line begins with.
fn command(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_prefix("/bin/sh -c #(nop)").unwrap_or(text);
    let text = text.trim();
    let text = match text.strip_prefix("/bin/sh -c ") {
        Some(rest) => format!("RUN {}", rest.trim()),
        None => text.to_owned(),
    };
    let text = text.replacen("RUN /bin/sh -c ", "RUN ", 1);
    let text = text.strip_suffix("# buildkit").unwrap_or(&text);
    sanitise(text.trim())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_made_a_layer_is_said_shortly() {
        for (raw, shown) in [
            ("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]"),
            ("/bin/sh -c apt-get update  && x", "RUN apt-get update && x"),
            ("COPY a b # buildkit", "COPY a b"),
            ("RUN /bin/sh -c make # buildkit", "RUN make"),
        ] {
            assert_eq!(command(raw), shown);
        }
    }

    #[test]
    fn text_is_told_from_numbers() {
        assert!(is_text("grüße\n\x1b[31mred\n".as_bytes()));
        assert!(!is_text(b"\x7fELF\x00\x01"));
        assert!(is_text(&[0xff, 0xfe, b'a', b'b']));
        let line = dump((1, b"ab\x00\xff")).line.text();
        assert_eq!(
            line.trim_end(),
            format!("00000010  {:<49}ab..", "61 62 00 ff ")
        );
    }
}
