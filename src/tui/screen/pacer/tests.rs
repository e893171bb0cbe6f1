use proptest::prelude::*;

use super::*;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn nothing_happened_means_nothing_is_due() {
    let start = Instant::now();
    let mut pacer = Pacer::new(None, start);
    assert_eq!(pacer.next_due(), None);
    assert_eq!(pacer.due(start + ms(100_000)), None);
}

#[test]
fn the_first_change_is_drawn_at_once_and_the_next_after_100_ms() {
    let start = Instant::now();
    let mut pacer = Pacer::new(None, start);
    pacer.mark(Dirt::Background);
    assert_eq!(pacer.due(start), Some(Due { spin: false }));
    pacer.drew(start, 50);
    pacer.frame_done();
    pacer.mark(Dirt::Background);
    assert_eq!(pacer.due(start + ms(99)), None);
    assert_eq!(pacer.next_due(), Some(start + ms(100)));
    assert!(pacer.due(start + ms(100)).is_some());
}

#[test]
fn input_is_due_now_whatever_came_before() {
    let start = Instant::now();
    let mut pacer = Pacer::new(Some(100), start);
    pacer.mark(Dirt::Background);
    pacer.drew(start, 100_000);
    pacer.frame_done();
    pacer.mark(Dirt::Background);
    pacer.mark(Dirt::Input);
    pacer.mark(Dirt::Background);
    assert!(pacer.due(start + ms(1)).is_some());
}

#[test]
fn one_frame_is_in_flight_and_changes_collapse() {
    let start = Instant::now();
    let mut pacer = Pacer::new(None, start);
    pacer.mark(Dirt::Input);
    assert!(pacer.due(start).is_some());
    pacer.drew(start, 10);
    pacer.mark(Dirt::Input);
    assert_eq!(pacer.next_due(), None);
    assert_eq!(pacer.due(start + ms(5_000)), None);
    pacer.frame_done();
    assert!(pacer.due(start + ms(5_000)).is_some());
}

#[test]
fn a_frame_without_bytes_is_not_in_flight_and_hardly_delays_the_next() {
    let start = Instant::now();
    let mut pacer = Pacer::new(None, start);
    pacer.mark(Dirt::Background);
    pacer.drew(start, 0);
    assert!(!pacer.in_flight());
    assert_eq!(pacer.next_due(), None);
    pacer.mark(Dirt::Background);
    assert_eq!(pacer.next_due(), Some(start + EMPTY_EVERY));
}

#[test]
fn a_thin_link_delays_the_fleet_until_the_debt_is_paid() {
    let start = Instant::now();
    let mut pacer = Pacer::new(Some(1_000), start);
    pacer.mark(Dirt::Background);
    pacer.drew(start, 1_500);
    pacer.frame_done();
    pacer.mark(Dirt::Background);
    assert_eq!(pacer.next_due(), Some(start + ms(500)));
    // However much input overdraws, the fleet is drawn a second later.
    pacer.mark(Dirt::Input);
    pacer.drew(start, 1_000_000);
    pacer.frame_done();
    pacer.mark(Dirt::Background);
    assert_eq!(pacer.next_due(), Some(start + ms(1_000)));
}

#[test]
fn spinners_move_four_times_a_second_and_only_while_visible() {
    let start = Instant::now();
    let mut pacer = Pacer::new(None, start);
    pacer.mark(Dirt::Input);
    pacer.drew(start, 10);
    pacer.frame_done();
    pacer.set_spinning(true, start);
    assert_eq!(pacer.next_due(), Some(start + ms(250)));
    assert_eq!(pacer.due(start + ms(250)), Some(Due { spin: true }));
    pacer.drew(start + ms(250), 10);
    pacer.frame_done();
    // A frame for another reason does not move it early.
    pacer.mark(Dirt::Input);
    assert_eq!(pacer.due(start + ms(300)), Some(Due { spin: false }));
    pacer.drew(start + ms(300), 10);
    pacer.frame_done();
    pacer.set_spinning(false, start + ms(300));
    assert_eq!(pacer.next_due(), None);
}

#[test]
fn the_budget_follows_the_link() {
    let ssh = |name: &str| (name == "SSH_CONNECTION").then(|| "10.0.0.1 1 10.0.0.2 22".to_owned());
    assert_eq!(Pacer::default_budget(&ssh), Some(SSH_BYTES_PER_SECOND));
    assert_eq!(Pacer::default_budget(&|_| None), None);
}

/// What the world does to a pacer.
#[derive(Debug, Clone, Copy)]
enum Event {
    Background,
    Input,
    Spin(bool),
    /// The terminal takes this long for the frames from here on.
    TerminalTakes(u64),
    Wait(u64),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Background),
        3 => Just(Event::Input),
        1 => any::<bool>().prop_map(Event::Spin),
        1 => (0u64..400).prop_map(Event::TerminalTakes),
        4 => (0u64..150).prop_map(Event::Wait),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    at: u64,
    done: u64,
    input: bool,
    spin: bool,
}

/// The run loop in miniature, a millisecond at a time: draws whenever the pacer says so.
struct Loop {
    start: Instant,
    pacer: Pacer,
    now: u64,
    bytes: usize,
    terminal: u64,
    done_at: Option<u64>,
    input_since: Option<u64>,
    frames: Vec<Frame>,
    waits: Vec<(u64, u64)>,
}

impl Loop {
    fn step(&mut self, dirty: bool) {
        if self.done_at.is_some_and(|at| at <= self.now) {
            self.done_at = None;
            self.pacer.frame_done();
        }
        let now = self.start + ms(self.now);
        let armed = self.pacer.next_due().is_some_and(|at| at <= now);
        let Some(due) = self.pacer.due(now) else {
            assert!(!armed, "the timer would spin");
            return;
        };
        assert!(armed && self.done_at.is_none(), "one frame in flight");
        assert!(dirty || due.spin || !self.frames.is_empty());
        self.pacer.drew(now, self.bytes);
        self.done_at = Some(self.now + self.terminal);
        let input = self.input_since.take();
        self.waits.extend(input.map(|since| (since, self.now)));
        let done = self.now + self.terminal;
        self.frames.push(Frame {
            at: self.now,
            done,
            input: input.is_some(),
            spin: due.spin,
        });
    }
}

proptest! {
    #[test]
    fn rules_hold_for_any_trace(
        events in prop::collection::vec(any_event(), 1..80),
        bytes in 1usize..5_000,
        budget in prop::option::of(1_000u32..100_000),
    ) {
        let start = Instant::now();
        let mut run = Loop {
            start,
            pacer: Pacer::new(budget, start),
            now: 0,
            bytes,
            terminal: 0,
            done_at: None,
            input_since: None,
            frames: Vec::new(),
            waits: Vec::new(),
        };
        let mut marked = false;
        for event in events {
            match event {
                Event::Background => {
                    run.pacer.mark(Dirt::Background);
                    marked = true;
                }
                Event::Input => {
                    run.pacer.mark(Dirt::Input);
                    run.input_since.get_or_insert(run.now);
                    marked = true;
                }
                Event::Spin(on) => run.pacer.set_spinning(on, start + ms(run.now)),
                Event::TerminalTakes(time) => run.terminal = time,
                Event::Wait(time) => {
                    for _ in 0..time {
                        run.step(marked);
                        run.now += 1;
                    }
                }
            }
            run.step(marked);
        }
        // Whatever is left is drawn in the end, and then there is peace.
        run.pacer.set_spinning(false, start + ms(run.now));
        for _ in 0..10_000 {
            run.step(marked);
            run.now += 1;
        }
        prop_assert_eq!(run.pacer.next_due(), None);
        prop_assert!(run.input_since.is_none());
        prop_assert!(!marked || !run.frames.is_empty());
        let count = run.frames.len();
        run.now += 100_000;
        run.step(marked);
        prop_assert_eq!(run.frames.len(), count, "an idle trace draws nothing");

        for pair in run.frames.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            prop_assert!(after.at >= before.done, "two in flight: {pair:?}");
            prop_assert!(after.input || after.at >= before.at + 100, "too soon: {pair:?}");
        }
        let spins: Vec<u64> = run.frames.iter().filter(|f| f.spin).map(|f| f.at).collect();
        for pair in spins.windows(2) {
            prop_assert!(pair[1] >= pair[0] + 250, "spinner too fast: {pair:?}");
        }
        for (since, drawn) in &run.waits {
            // Not before the frame in flight is done, but then at once.
            let blocked = run.frames.iter().rfind(|f| f.at < *drawn && f.done > *since);
            let free = blocked.map_or(*since, |f| f.done);
            prop_assert!(*drawn <= free.max(*since), "input waited from {since} to {drawn}");
        }
        if let Some(rate) = budget {
            check_budget(&run.frames, bytes, rate)?;
        }
    }
}

/// Background frames start only when the bucket, recomputed here, is out of debt.
fn check_budget(frames: &[Frame], bytes: usize, rate: u32) -> Result<(), TestCaseError> {
    let rate = f64::from(rate);
    let (mut tokens, mut at) = (rate, 0);
    for frame in frames {
        tokens = (tokens + (frame.at - at) as f64 * rate / 1000.0).min(rate);
        at = frame.at;
        prop_assert!(
            frame.input || tokens > -1e-3,
            "{frame:?} with {tokens} tokens"
        );
        tokens = (tokens - bytes as f64).max(-rate);
    }
    Ok(())
}
