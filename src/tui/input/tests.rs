use crossterm::event::KeyEventState;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Input> {
    Normaliser::default().accept(Event::Key(KeyEvent::new(code, modifiers)))
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

#[rstest]
#[case::legacy_upper(KeyCode::Char('G'), SHIFT, "G")]
#[case::upper_without_shift(KeyCode::Char('G'), NONE, "G")]
#[case::kitty_upper(KeyCode::Char('g'), SHIFT, "G")]
#[case::shifted_sign(KeyCode::Char('?'), SHIFT, "?")]
#[case::back_tab(KeyCode::BackTab, NONE, "<S-Tab>")]
#[case::back_tab_with_shift(KeyCode::BackTab, SHIFT, "<S-Tab>")]
#[case::shift_tab(KeyCode::Tab, SHIFT, "<S-Tab>")]
#[case::ctrl(KeyCode::Char('r'), CTRL, "<C-r>")]
#[case::ctrl_caps_lock(KeyCode::Char('R'), CTRL, "<C-r>")]
#[case::ctrl_h_is_backspace(KeyCode::Char('h'), CTRL, "<BS>")]
#[case::ctrl_i_is_tab(KeyCode::Char('i'), CTRL, "<Tab>")]
#[case::ctrl_space(KeyCode::Char(' '), CTRL, "<C-space>")]
#[case::ctrl_slash(KeyCode::Char('7'), CTRL, "<C-_>")]
#[case::ctrl_backslash(KeyCode::Char('4'), CTRL, "<C-\\>")]
#[case::alt(KeyCode::Char('x'), ALT, "<A-x>")]
#[case::alt_upper(KeyCode::Char('X'), ALT.union(SHIFT), "<A-X>")]
#[case::space(KeyCode::Char(' '), NONE, "<space>")]
#[case::less_than(KeyCode::Char('<'), NONE, "<lt>")]
#[case::function(KeyCode::F(5), NONE, "<F5>")]
#[case::ctrl_arrow(KeyCode::Left, CTRL, "<C-Left>")]
#[case::escape(KeyCode::Esc, NONE, "<Esc>")]
fn what_terminals_send_becomes_one_chord(
    #[case] code: KeyCode,
    #[case] modifiers: KeyModifiers,
    #[case] chord: &str,
) {
    let Some(Input::Chord(got)) = press(code, modifiers) else {
        panic!("no chord")
    };
    assert_eq!(got.to_string(), chord);
    assert_eq!(chord.parse::<Chord>().unwrap(), got);
}

#[test]
fn releases_and_lone_modifiers_are_dropped_repeats_count() {
    let key = |kind| {
        Event::Key(KeyEvent::new_with_kind_and_state(
            KeyCode::Char('1'),
            NONE,
            kind,
            KeyEventState::KEYPAD,
        ))
    };
    let mut normaliser = Normaliser::default();
    assert_eq!(normaliser.accept(key(KeyEventKind::Release)), None);
    let one = Some(Input::Chord(Chord::char('1')));
    assert_eq!(normaliser.accept(key(KeyEventKind::Press)), one);
    assert_eq!(normaliser.accept(key(KeyEventKind::Repeat)), one);
    assert_eq!(press(KeyCode::CapsLock, NONE), None);
}

#[test]
fn repeated_sizes_are_dropped_and_batches_collapse() {
    let mut normaliser = Normaliser::new(80, 24);
    assert_eq!(normaliser.accept(Event::Resize(80, 24)), None);
    assert_eq!(
        normaliser.accept(Event::Resize(81, 24)),
        Some(Input::Resize(81, 24))
    );
    assert_eq!(normaliser.accept(Event::Resize(81, 24)), None);

    let key = Input::Chord(Chord::char('j'));
    let mut batch = vec![
        Input::Resize(1, 1),
        key.clone(),
        Input::Resize(2, 2),
        Input::Resize(3, 3),
        key.clone(),
    ];
    collapse_resizes(&mut batch);
    assert_eq!(batch, [key.clone(), Input::Resize(3, 3), key]);
}

#[test]
fn a_paste_has_plain_line_ends_and_no_controls() {
    let paste = Event::Paste("a\r\nb\rc\t\u{1b}[31md\u{7}".into());
    let got = Normaliser::default().accept(paste);
    assert_eq!(got, Some(Input::Paste("a\nb\nc\t[31md".into())));
    let long = "é".repeat(PASTE_MAX);
    let Some(Input::Paste(cut)) = Normaliser::default().accept(Event::Paste(long)) else {
        panic!("no paste")
    };
    assert_eq!(cut.len(), PASTE_MAX);
}

#[rstest]
#[case("gg", &["g", "g"])]
#[case("<C-w>j", &["<C-w>", "j"])]
#[case("<c-W>", &["<C-w>"])]
#[case("<S-g>", &["G"])]
#[case("<cr>", &["<Enter>"])]
#[case("<M-x>", &["<A-x>"])]
#[case("<C-m><C-[>", &["<Enter>", "<Esc>"])]
#[case("<C-->", &["<C-->"])]
#[case("<C->>", &["<C->>"])]
#[case(">>", &[">", ">"])]
#[case("<C-lt>", &["<C-lt>"])]
#[case("ü", &["ü"])]
fn sequences_are_read(#[case] text: &str, #[case] chords: &[&str]) {
    let read: Vec<String> = parse_sequence(text)
        .unwrap()
        .iter()
        .map(Chord::to_string)
        .collect();
    assert_eq!(read, chords);
}

#[rstest]
#[case("")]
#[case("<")]
#[case("<C-r")]
#[case("<>")]
#[case("<X-r>")]
#[case("<C-C-r>")]
#[case("<F0>")]
#[case("<F25>")]
#[case("<F07>")]
#[case("<Foo>")]
#[case("a b")]
#[case("<C-")]
fn nonsense_is_refused_with_the_text_in_the_message(#[case] text: &str) {
    let error = parse_sequence(text).unwrap_err();
    assert!(error.message().contains(&format!("`{text}`")), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn labels_are_for_people() {
    let label = |text: &str| text.parse::<Chord>().unwrap().label();
    assert_eq!(label("<C-d>"), "ctrl-d");
    assert_eq!(label("<S-Tab>"), "shift-tab");
    assert_eq!(label("<space>"), "space");
    assert_eq!(label("<lt>"), "<");
    assert_eq!(label("G"), "G");
    assert_eq!(label("<F5>"), "F5");
}

pub(in crate::tui) fn any_chord() -> impl Strategy<Value = Chord> {
    let named = prop::sample::select(vec![
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::Backspace,
        Key::Delete,
        Key::Insert,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
    ]);
    let key = prop_oneof![
        4 => any::<char>().prop_filter("printable", |c| !c.is_control()).prop_map(Key::Char),
        4 => prop::char::range('!', '~').prop_map(Key::Char),
        1 => Just(Key::Char(' ')),
        2 => named,
        1 => (1u8..=24).prop_map(Key::F),
    ];
    (key, any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(key, ctrl, alt, shift)| Chord::new(key, ctrl, alt, shift))
}

proptest! {
    #[test]
    fn printing_and_reading_is_identity(chord in any_chord()) {
        prop_assert_eq!(chord.to_string().parse::<Chord>().unwrap(), chord);
    }

    #[test]
    fn sequences_too(chords in prop::collection::vec(any_chord(), 1..5)) {
        prop_assert_eq!(parse_sequence(&print_sequence(&chords)).unwrap(), chords);
    }

    #[test]
    fn reading_never_panics(text in ".{0,12}") {
        let _ = parse_sequence(&text);
    }
}
