//! Files: uploaded from a reader, downloaded into a writer, never whole in memory.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, Url};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::client::{Client, asked_wait, within};
use crate::error::{Error, MediaError, SendError};
use crate::send::Success;

/// How much of a file is in memory at once while it is uploaded, bytes.
const CHUNK: usize = 64 * 1024;

const KIB: u64 = 1_024;
const MIB: u64 = 1_024 * KIB;

/// The most bytes that Meta takes of a file of this MIME type (parameters such as `; codecs=opus` do not matter).
/// `animated` is for stickers. Source: the table of supported media types on the page above.
///
/// # Errors
/// [`MediaError::Type`] when Meta takes none of the type.
pub fn limit(mime_type: &str, animated: bool) -> Result<u64, MediaError> {
    let essence = mime_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    Ok(match essence.as_str() {
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" | "video/mp4" | "video/3gpp" => 16 * MIB,
        "image/jpeg" | "image/png" => 5 * MIB,
        "image/webp" if animated => 500 * KIB,
        "image/webp" => 100 * KIB,
        "text/plain"
        | "application/pdf"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => 100 * MIB,
        _ => return Err(MediaError::Type(essence)),
    })
}

/// A file to upload.
pub struct Upload<R> {
    /// Its bytes.
    pub file: R,
    /// How many there are. No others are read, and fewer are an error.
    pub length: u64,
    /// Its MIME type.
    pub mime_type: String,
    /// The name it is uploaded under.
    pub filename: String,
    /// An animated sticker: it may be larger.
    pub animated: bool,
}

/// Where a file is, for five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// Its URL. Takes the token to fetch.
    pub url: String,
    /// Its MIME type.
    pub mime_type: String,
    /// The hash of its bytes: hex here, base64 in webhooks.
    pub sha256: String,
    /// Its length. Meta writes it as a number or as text.
    #[serde(default, deserialize_with = "number")]
    pub file_size: Option<u64>,
}

/// A file that has been downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// Its MIME type, as Meta has it.
    pub mime_type: String,
    /// How many bytes were written.
    pub bytes: u64,
    /// The hash of what was written.
    pub sha256: [u8; 32],
}

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    })
}

impl Client {
    /// Uploads a file and gives its id, which is good for 30 days.
    ///
    /// # Errors
    /// [`Error::Media`] before anything is asked when Meta does not take the type or the length, or while asking when the
    /// file has fewer bytes than was said; else as of [`Client::send`].
    pub async fn upload<R>(&self, phone_number_id: &str, upload: Upload<R>) -> Result<String, Error>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let limit = limit(&upload.mime_type, upload.animated)?;
        if upload.length > limit {
            return Err(MediaError::TooLarge { limit }.into());
        }
        let boundary = boundary(phone_number_id, &upload.filename, upload.length);
        let (head, tail) = frame(&boundary, &upload.mime_type, &upload.filename)?;
        let length = head.len() as u64 + upload.length + tail.len() as u64;
        let (trouble, mut troubled) = tokio::sync::oneshot::channel();
        let file = exactly(upload.file, upload.length, trouble);
        let body = stream::iter([Ok(Bytes::from(head))])
            .chain(file)
            .chain(stream::iter([Ok(Bytes::from(tail))]));
        let request = self
            .request(Method::POST, &[phone_number_id, "media"])?
            .timeout(self.config.media_timeout)
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(body));
        match self.ask::<Uploaded>("upload", request).await {
            Ok(uploaded) => Ok(uploaded.id),
            // That the file ended early is why the connection did.
            Err(error) => match troubled.try_recv() {
                Ok(trouble) => Err(trouble.into()),
                Err(_) => Err(error),
            },
        }
    }

    /// Where the file with this id is. `phone_number_id` makes Meta check that the number may see it. Source:
    /// <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#retrieve-media-url>.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn find_file(&self, media_id: &str, phone_number_id: Option<&str>) -> Result<Place, Error> {
        let mut request = self.request(Method::GET, &[media_id])?;
        if let Some(id) = phone_number_id {
            request = request.query(&[("phone_number_id", id)]);
        }
        self.ask("find_file", request).await
    }

    /// Deletes an uploaded file.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn delete_file(&self, media_id: &str, phone_number_id: Option<&str>) -> Result<(), Error> {
        // Meta's document wants a content type even of this, which has no content.
        let mut request = self
            .request(Method::DELETE, &[media_id])?
            .header(CONTENT_TYPE, "application/json");
        if let Some(id) = phone_number_id {
            request = request.query(&[("phone_number_id", id)]);
        }
        self.ask::<Success>("delete_file", request).await?.check()
    }

    /// Downloads the file with this id into `sink`, at most `limit` bytes: finds its URL, fetches it, and checks its hash.
    /// A URL that is no longer good (404) is asked for once more.
    ///
    /// # Errors
    /// [`Error::Media`] when it is too large, not at Meta's, or not what Meta's hash says: what `sink` has then must be
    /// thrown away. Else as of [`Client::send`].
    pub async fn download<W>(
        &self,
        media_id: &str,
        phone_number_id: Option<&str>,
        limit: u64,
        sink: &mut W,
    ) -> Result<Downloaded, Error>
    where
        W: AsyncWrite + Send + Unpin,
    {
        let place = self.find_file(media_id, phone_number_id).await?;
        match self.fetch(&place, limit, sink).await {
            // Nothing has been written: the status came first.
            Err(Error::Refused(error)) if error.status == 404 => {
                let place = self.find_file(media_id, phone_number_id).await?;
                self.fetch(&place, limit, sink).await
            }
            fetched => fetched,
        }
    }

    /// Fetches a file from where Meta says it is. As [`Client::download`], without the first step.
    ///
    /// # Errors
    /// As of [`Client::download`].
    pub async fn fetch<W>(&self, place: &Place, limit: u64, sink: &mut W) -> Result<Downloaded, Error>
    where
        W: AsyncWrite + Send + Unpin,
    {
        let url = Url::parse(&place.url).map_err(|_| MediaError::Place("(not a URL)".to_owned()))?;
        if !self.is_file_place(&url) {
            return Err(MediaError::Place(url.host_str().unwrap_or("(none)").to_owned()).into());
        }
        let hash = hash(&place.sha256).ok_or_else(|| Error::NotUnderstood("the file's sha256 is none".to_owned()))?;
        let too_large = MediaError::TooLarge { limit };
        if place.file_size.is_some_and(|size| size > limit) {
            return Err(too_large.into());
        }
        let idle = self.config.idle_timeout;
        let mut response = within(idle, self.file(url).send()).await?;
        let status = response.status();
        if !status.is_success() {
            let wait = asked_wait(response.headers());
            let body = self.whole(response).await?;
            return Err(SendError::read(status.as_u16(), &body, wait).into());
        }
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large.into());
        }
        let (mut bytes, mut hasher) = (0_u64, Sha256::new());
        while let Some(chunk) = within(idle, response.chunk()).await? {
            bytes += chunk.len() as u64;
            if bytes > limit {
                return Err(too_large.into());
            }
            hasher.update(&chunk);
            sink.write_all(&chunk).await.map_err(MediaError::Io)?;
        }
        sink.flush().await.map_err(MediaError::Io)?;
        let sha256: [u8; 32] = hasher.finalize().into();
        if sha256 != hash {
            return Err(MediaError::Hash.into());
        }
        metrics::counter!("parlance_whatsapp_downloaded_bytes_total").increment(bytes);
        Ok(Downloaded {
            mime_type: place.mime_type.clone(),
            bytes,
            sha256,
        })
    }
}

/// A hash as hex (the API) or base64 (webhooks).
fn hash(text: &str) -> Option<[u8; 32]> {
    let bytes = match text.len() {
        64 => hex::decode(text).ok()?,
        _ => STANDARD.decode(text).ok()?,
    };
    bytes.try_into().ok()
}

/// A line that is in no file by chance: a hash of what is uploaded.
fn boundary(number: &str, filename: &str, length: u64) -> String {
    let mut hasher = Sha256::new();
    for part in ["parlance", number, filename, &length.to_string()] {
        hasher.update(part);
        hasher.update([0]);
    }
    hex::encode(&hasher.finalize()[..20])
}

/// What comes before the file's bytes and after them.
fn frame(boundary: &str, mime_type: &str, filename: &str) -> Result<(String, String), MediaError> {
    if mime_type.chars().any(char::is_control) {
        return Err(MediaError::Type(mime_type.escape_debug().to_string()));
    }
    // As browsers do: what would end the name is escaped.
    let filename: String = filename
        .chars()
        .filter(|letter| !letter.is_control())
        .take(240)
        .collect::<String>()
        .replace('"', "%22");
    let field = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let head = format!(
        "{}{}--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\nContent-Type: {mime_type}\r\n\r\n",
        field("messaging_product", "whatsapp"),
        field("type", mime_type),
    );
    Ok((head, format!("\r\n--{boundary}--\r\n")))
}

/// The reader's first `length` bytes; when there are fewer, the stream fails, and `trouble` hears why.
fn exactly<R>(
    file: R,
    length: u64,
    trouble: tokio::sync::oneshot::Sender<MediaError>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send
where
    R: AsyncRead + Send + Unpin + 'static,
{
    stream::unfold(Some((file, 0_u64, trouble)), move |state| async move {
        let (mut file, done, trouble) = state?;
        if done == length {
            return None;
        }
        let wanted = usize::try_from(length - done).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = Vec::with_capacity(wanted);
        let broken = match (&mut file).take(wanted as u64).read_to_end(&mut chunk).await {
            Ok(0) => MediaError::Length {
                said: length,
                got: done,
            },
            Ok(read) => return Some((Ok(Bytes::from(chunk)), Some((file, done + read as u64, trouble)))),
            Err(error) => MediaError::Io(error),
        };
        let told = std::io::Error::other(broken.to_string());
        // Whoever asked may have gone away meanwhile.
        drop(trouble.send(broken));
        Some((Err(told), None))
    })
}
