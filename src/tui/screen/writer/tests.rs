use std::io::Read;
use std::sync::mpsc::{Sender as StdSender, channel as std_channel};
use std::time::Instant;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// Takes at most `most` bytes in one call and says what it got.
struct Slow {
    most: usize,
    calls: StdSender<Vec<u8>>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.most);
        let _ = self.calls.send(bytes[..n].to_vec());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails in a set way, one result for each call.
struct Failing(Vec<io::Result<usize>>);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            Err(ErrorKind::BrokenPipe.into())
        } else {
            self.0.remove(0)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn report(reports: &mut Receiver<Report>) -> Report {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(report) = reports.try_recv() {
            return report;
        }
        assert!(Instant::now() < deadline, "no report");
        std::thread::yield_now();
    }
}

#[test]
fn a_frame_is_one_write_and_its_buffer_comes_back() {
    let (calls, written) = std_channel();
    let (writer, mut reports) = Writer::spawn(Slow {
        most: usize::MAX,
        calls,
    })
    .unwrap();
    writer.submit(b"frame".to_vec()).unwrap();
    let Report::Done(buffer) = report(&mut reports) else {
        panic!("closed")
    };
    assert_eq!(buffer, b"frame");
    assert!(writer.close(PATIENCE));
    assert_eq!(written.iter().collect::<Vec<_>>(), [b"frame".to_vec()]);
}

#[test]
fn a_slow_terminal_gets_every_byte_in_order() {
    let (calls, written) = std_channel();
    let (writer, mut reports) = Writer::spawn(Slow { most: 7, calls }).unwrap();
    let frame: Vec<u8> = (0..=255).collect();
    writer.submit(frame.clone()).unwrap();
    assert!(matches!(report(&mut reports), Report::Done(_)));
    assert!(writer.close(PATIENCE));
    assert_eq!(written.iter().flatten().collect::<Vec<_>>(), frame);
}

#[test]
fn an_interrupted_write_goes_on_and_a_closed_terminal_is_reported_once() {
    let out = Failing(vec![Err(ErrorKind::Interrupted.into()), Ok(3)]);
    let (writer, mut reports) = Writer::spawn(out).unwrap();
    writer.submit(b"frame".to_vec()).unwrap();
    let Report::Closed(error) = report(&mut reports) else {
        panic!("done")
    };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert!(writer.close(PATIENCE));
    assert!(reports.blocking_recv().is_none(), "no report follows");
}

#[test]
fn a_blocked_terminal_blocks_nobody_else() {
    // A pipe that nobody reads takes 64 KiB and then blocks.
    let (mut reader, pipe) = io::pipe().unwrap();
    let (writer, mut reports) = Writer::spawn(pipe).unwrap();
    let frame = vec![b'x'; 1 << 20];
    writer.submit(frame.clone()).unwrap();
    // One more fits into the slot at most; then frames come back at once instead of waiting.
    let rejected = (0..3)
        .filter(|_| writer.submit(frame.clone()).is_err())
        .count();
    assert!(rejected >= 1);
    assert!(reports.try_recv().is_err(), "nothing is done yet");
    assert!(!writer.close(Duration::from_millis(20)), "close gives up");

    let mut got = vec![0; frame.len()];
    reader.read_exact(&mut got).unwrap();
    assert_eq!(got, frame);
    assert!(matches!(report(&mut reports), Report::Done(_)));
}

#[test]
fn a_run_loop_that_is_gone_ends_the_thread() {
    let (calls, _written) = std_channel();
    let (writer, reports) = Writer::spawn(Slow { most: 10, calls }).unwrap();
    drop(reports);
    writer.submit(b"frame".to_vec()).unwrap();
    assert!(writer.close(PATIENCE));
}
