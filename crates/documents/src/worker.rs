//! Pages are drawn in a process of their own, which has so much memory and time and is ended when it wants more: what a
//! stranger's file does to the one that reads it, it does there.

use crate::{
    Kind,
    render::{Picture, Unreadable, render},
};
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

/// The most bytes of a document that is drawn.
pub(crate) const MOST: u64 = 64 * 1024 * 1024;
/// How much processor time a page may take.
#[cfg(unix)]
const PROCESSOR_SECONDS: u64 = 5;
/// How much memory a page may take, as addresses: the program itself is among it.
#[cfg(unix)]
const MEMORY: u64 = 1536 * 1024 * 1024;
/// How long a page may take on the clock.
const CLOCK: Duration = Duration::from_secs(7);
/// More than any preview has.
const MOST_ANSWER: u64 = 32 * 1024 * 1024;

/// Who draws.
#[derive(Debug, Clone)]
pub enum Worker {
    /// This process, in a thread: for tests, and where no program is at hand.
    Here,
    /// A program that calls [`work`].
    Program {
        /// Which.
        path: PathBuf,
        /// With what arguments.
        arguments: Vec<OsString>,
    },
}

/// What became of drawing a page.
#[derive(Debug)]
pub(crate) enum Drawn {
    Picture(Picture),
    /// It cannot be shown; trying again would end the same way.
    Unreadable,
    /// It did not come to its end in time.
    Late,
    /// Nobody draws now.
    Nobody,
}

impl Worker {
    /// Draws a page of the content.
    pub(crate) async fn draw<E>(
        &self,
        kind: Kind,
        page: u32,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<Drawn, E> {
        let drawing = async {
            match self {
                Worker::Here => here(kind, page, content).await,
                Worker::Program { path, arguments } => {
                    let mut program = Command::new(path);
                    program.args(arguments);
                    Ok(asked(program, kind, page, content).await?.unwrap_or_else(|error| {
                        tracing::warn!(%error, "the program that draws previews does not run");
                        Drawn::Nobody
                    }))
                }
            }
        };
        tokio::time::timeout(CLOCK, drawing).await.unwrap_or(Ok(Drawn::Late))
    }
}

async fn here<E>(kind: Kind, page: u32, content: impl Stream<Item = Result<Bytes, E>> + Unpin) -> Result<Drawn, E> {
    let pieces: Vec<Bytes> = content.try_collect().await?;
    let drawn = tokio::task::spawn_blocking(move || render(kind, page, pieces.concat())).await;
    Ok(match drawn {
        Ok(Ok(picture)) => Drawn::Picture(picture),
        // A panic is a file that cannot be shown.
        Ok(Err(Unreadable)) | Err(_) => Drawn::Unreadable,
    })
}

/// Asks a worker. It is ended when this is dropped.
async fn asked<E>(
    mut program: Command,
    kind: Kind,
    page: u32,
    mut content: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<io::Result<Drawn>, E> {
    program.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = match program.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Err(error)),
    };
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Ok(Err(io::Error::other("a child without pipes")));
    };
    let [a, b, c, d] = page.to_be_bytes();
    let mut wrote = to.write_all(&[kind.code(), a, b, c, d]).await;
    while let Some(bytes) = content.try_next().await? {
        // A worker that ended early has said all that it will.
        wrote = wrote.and(to.write_all(&bytes).await);
        if wrote.is_err() {
            break;
        }
    }
    drop(to);
    let mut answer = Vec::new();
    let read = from.take(MOST_ANSWER).read_to_end(&mut answer).await;
    let ended = async { read.and(child.wait().await) };
    Ok(ended
        .await
        .map(|status| picture(&answer).filter(|_| status.success()).map_or(Drawn::Unreadable, Drawn::Picture)))
}

/// The picture that a worker wrote.
fn picture(answer: &[u8]) -> Option<Picture> {
    let (pages, rest) = answer.split_first_chunk::<4>()?;
    let (code, bytes) = rest.split_first()?;
    Some(Picture { pages: u32::from_be_bytes(*pages), kind: Kind::of_code(*code)?, bytes: bytes.to_vec() })
}

/// What a worker is: reads what is wanted and the document from standard input, and writes the picture, or nothing, to
/// standard output.
///
/// # Errors
/// When the document cannot be shown, or a pipe breaks.
pub fn work(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    confine()?;
    let mut wanted = [0; 5];
    input.read_exact(&mut wanted)?;
    let [code, page @ ..] = wanted;
    let kind = Kind::of_code(code).ok_or(io::ErrorKind::InvalidInput)?;
    let mut content = Vec::new();
    input.take(MOST).read_to_end(&mut content)?;
    let picture = render(kind, u32::from_be_bytes(page), content).map_err(|Unreadable| io::ErrorKind::InvalidData)?;
    output.write_all(&picture.pages.to_be_bytes())?;
    output.write_all(&[picture.kind.code()])?;
    output.write_all(&picture.bytes)?;
    output.flush()
}

/// So much time and memory, no files, and no dump of what was read.
#[cfg(unix)]
fn confine() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::Cpu, PROCESSOR_SECONDS),
        (Resource::As, MEMORY),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
    ];
    for (resource, limit) in limits {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn confine() -> io::Result<()> {
    Ok(())
}
