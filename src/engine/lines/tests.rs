use proptest::prelude::*;

use super::*;

fn frame(stream: u8, text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
}

fn read(records: Records, parts: &[&[u8]]) -> Vec<LogLine> {
    let mut lines = Lines::new(records);
    for part in parts {
        lines.feed(Bytes::copy_from_slice(part)).unwrap();
    }
    lines.finish();
    std::iter::from_fn(|| lines.pop()).collect()
}

/// The text of a line, `!` before one that is partial.
fn texts(lines: &[LogLine]) -> Vec<String> {
    lines
        .iter()
        .map(|l| format!("{}{}", if l.partial { "!" } else { "" }, l.text))
        .collect()
}

const T1: &str = "2026-11-21T13:13:31.985660725Z ";
const T2: &str = "2026-11-21T13:13:32.000000000Z ";

#[test]
fn frames_become_lines_with_their_times() {
    let bytes = [
        frame(1, &format!("{T1}out\n")),
        frame(2, &format!("{T2}err\r\n")),
        frame(1, &format!("{T2}\n")),
        frame(1, "without a time\n"),
        frame(1, &format!("{T2}end")),
    ]
    .concat();
    let lines = read(Records::Framed, &[&bytes]);
    assert_eq!(texts(&lines), ["out", "err", "", "without a time", "!end"]);
    assert_eq!(lines[1].stream, LogStream::Stderr);
    let stamps: Vec<String> = lines
        .iter()
        .map(|l| l.time.map(|t| t.to_rfc3339()).unwrap_or_default())
        .collect();
    assert_eq!(stamps[0], "2026-11-21T13:13:31.985660725+00:00");
    assert_eq!(stamps[3], "");
}

#[test]
fn a_line_in_several_frames_is_one() {
    // Docker gives each part a time; the streams may take turns in between.
    let bytes = [
        frame(1, &format!("{T1}{}", "a".repeat(PART))),
        frame(2, &format!("{T2}between\n")),
        frame(1, &format!("{T2}{}", "b".repeat(PART))),
        frame(1, &format!("{T2}c\n")),
        frame(1, &format!("{T2}next\n")),
    ]
    .concat();
    let lines = read(Records::Framed, &[&bytes]);
    assert_eq!(lines.len(), 3);
    let long = format!("{}{}c", "a".repeat(PART), "b".repeat(PART));
    assert_eq!(&*lines[0].text, "between");
    assert_eq!(&*lines[1].text, long);
    assert!(lines[1].time < lines[2].time);
}

#[test]
fn a_terminals_long_line_is_one_too() {
    let body = format!(
        "{T1}{}{T2}{}{T2}rest\r\n{T2}short\r\n{T1}login: ",
        "a".repeat(PART),
        "b".repeat(PART)
    );
    let lines = read(Records::Sized, &[body.as_bytes()]);
    let long = format!("{}{}rest", "a".repeat(PART), "b".repeat(PART));
    assert_eq!(texts(&lines), [&long, "short", "!login: "]);
    // A line of exactly that size has nothing after it.
    let body = format!("{T1}{}\n{T2}x\n", "a".repeat(PART));
    assert_eq!(read(Records::Sized, &[body.as_bytes()]).len(), 2);
}

#[test]
fn podmans_terminal_cuts_lines_anywhere() {
    let parts = [
        "2026-11-21T13:59:19Z 0123",
        "2026-11-21T13:59:19Z 45",
        "2026-11-21T13:59:20Z 6\n",
        "2026-11-21T13:59:20Z 2026-11-21T13:59:20Z its own\n",
    ];
    let parts: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
    let lines = read(Records::Chunked, &parts);
    assert_eq!(texts(&lines), ["0123456", "2026-11-21T13:59:20Z its own"]);
    // A chunk may be cut on its way, within its time as well.
    for at in 1..parts[1].len() {
        let cut = [parts[0], &parts[1][..at], &parts[1][at..], parts[2]];
        assert_eq!(texts(&read(Records::Chunked, &cut)), ["0123456"], "at {at}");
    }
}

#[test]
fn the_engines_own_complaint_is_an_error() {
    let mut lines = Lines::new(Records::Framed);
    let e = lines.feed(frame(3, "driver failed\n").into()).unwrap_err();
    assert_eq!(
        e.message(),
        "the engine broke off its output: driver failed"
    );
}

#[test]
fn a_prompt_is_given_once() {
    let mut lines = Lines::new(Records::Sized);
    lines.feed(format!("{T1}login: ").into()).unwrap();
    assert!(lines.is_open());
    lines.pause();
    let first = lines.pop().unwrap();
    assert_eq!((&*first.text, first.partial), ("login: ", true));
    assert!(!lines.is_open());
    // What is typed comes as a line of its own; a mere line end is none.
    lines.feed("root\r\n".into()).unwrap();
    let rest = lines.pop().unwrap();
    assert_eq!(
        (&*rest.text, rest.partial, rest.time),
        ("root", false, first.time)
    );
    lines.feed(format!("{T1}Password: ").into()).unwrap();
    lines.pause();
    lines.feed(format!("\r\n{T2}ok\r\n").into()).unwrap();
    let texts: Vec<LogLine> = std::iter::from_fn(|| lines.pop()).collect();
    assert_eq!(
        texts.iter().map(|l| &*l.text).collect::<Vec<_>>(),
        ["Password: ", "ok"]
    );
}

#[test]
fn half_a_time_is_not_given_as_text() {
    let mut lines = Lines::new(Records::Sized);
    lines.feed(T1[..10].to_owned().into()).unwrap();
    assert!(!lines.is_open());
    lines.pause();
    lines.feed(format!("{}x\n", &T1[10..]).into()).unwrap();
    assert_eq!(&*lines.pop().unwrap().text, "x");
}

#[test]
fn a_line_without_end_costs_a_mebibyte() {
    let mut lines = Lines::new(Records::Framed);
    for n in 0..100 {
        let text = format!("{}{}", if n == 0 { T1 } else { T2 }, "x".repeat(PART));
        lines.feed(frame(1, &text).into()).unwrap();
    }
    let cut = lines.pop().unwrap();
    assert_eq!((cut.text.len(), cut.partial), (MAX_LINE, true));
    assert!(lines.stdout.text.len() <= MAX_LINE);
    lines.feed(frame(1, &format!("{T2}end\n")).into()).unwrap();
    lines.feed(frame(1, &format!("{T2}next\n")).into()).unwrap();
    lines.finish();
    let rest: Vec<LogLine> = std::iter::from_fn(|| lines.pop()).collect();
    assert_eq!(texts(&rest), ["next"]);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let bytes = [T1.as_bytes(), b"a\xffb\0\n"].concat();
    let lines = read(Records::Sized, &[&bytes]);
    assert_eq!(&*lines[0].text, "a\u{fffd}b\0");
}

proptest! {
    #[test]
    fn cuts_do_not_matter(
        texts in prop::collection::vec(("[12]", "[a-z\\-:0-9 ]{0,50}\n?"), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        for records in [Records::Framed, Records::Sized] {
            let mut bytes = Vec::new();
            for (stream, text) in &texts {
                let text = format!("{T1}{text}");
                if records == Records::Framed {
                    bytes.extend(frame(stream.as_bytes()[0] - b'0', &text));
                } else {
                    bytes.extend(text.into_bytes());
                }
            }
            let mut ends: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            ends.extend([0, bytes.len()]);
            ends.sort_unstable();
            let parts: Vec<&[u8]> = ends.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(read(records, &parts), read(records, &[&bytes]));
        }
    }
}
