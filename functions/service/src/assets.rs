//! The files of Swagger UI, out of the archive that its crate brings: served by us, as they were published.

use std::io::{Cursor, Read as _};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::read::ZipFile;
use zip::result::{ZipError, ZipResult};
use zip::{CompressionMethod, ZipArchive};

/// The files of Swagger UI that the page loads, with content types; no other file of the archive is served.
const FILES: [(&str, &str); 4] = [
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
];
/// The header of a gzip member (RFC 1952): deflate, no flags, no time, of no particular system.
const GZIP_HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];

/// One file, as it is sent.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its content type.
    pub content_type: &'static str,
    /// True when its bytes are compressed by gzip.
    pub gzipped: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The archive, opened.
#[derive(Debug, Clone)]
pub struct Assets {
    archive: ZipArchive<Cursor<&'static [u8]>>,
    folder: String,
}

impl Assets {
    /// Reads the archive's list of files.
    pub fn open() -> ZipResult<Self> {
        let archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
        // Everything is in one folder that is named after the version.
        let first = archive.file_names().next().transpose()?.unwrap_or_default();
        let folder = first.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { archive, folder })
    }

    /// Swagger UI's version, such as `5.32.6`.
    pub fn version(&self) -> &str {
        self.folder.trim_start_matches(|letter: char| !letter.is_ascii_digit())
    }

    /// The file `name`, compressed where it is in the archive and `may_gzip`; none if the page does not load it.
    pub fn read(&self, name: &str, may_gzip: bool) -> ZipResult<Option<Asset>> {
        let Some((name, content_type)) = FILES.into_iter().find(|(known, _)| *known == name) else {
            return Ok(None);
        };
        // A copy of the list of files; the bytes are where they were.
        let mut archive = self.archive.clone();
        let path = format!("{}/dist/{name}", self.folder);
        let index = archive.index_for_name(&path).ok_or(ZipError::FileNotFound)?;
        let gzipped = may_gzip && archive.by_index_raw(index)?.compression() == CompressionMethod::Deflated;
        let bytes =
            if gzipped { gzip(archive.by_index_raw(index)?)? } else { whole(archive.by_index(index)?)? };
        Ok(Some(Asset { content_type, gzipped, bytes }))
    }
}

fn whole<R: std::io::Read>(mut file: ZipFile<'_, R>) -> ZipResult<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the file as a gzip member. The deflated data is the same in a ZIP archive and in a gzip member; only the
/// bytes around it differ.
fn gzip<R: std::io::Read>(file: ZipFile<'_, R>) -> ZipResult<Vec<u8>> {
    // The length of the whole file modulo 2^32, as RFC 1952 has it.
    let (checksum, length) = (file.crc32().to_le_bytes(), file.size().to_le_bytes());
    let deflated = whole(file)?;
    Ok([&GZIP_HEADER[..], &deflated, &checksum, &length[..4]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_in_the_archive() {
        let assets = Assets::open().unwrap();
        assert!(assets.version().starts_with("5."), "{}", assets.version());
        for (name, content_type) in FILES {
            let asset = assets.read(name, false).unwrap().unwrap();
            assert_eq!((asset.content_type, asset.gzipped), (content_type, false), "{name}");
            assert!(asset.bytes.len() > 100, "{name}");
        }
        for other in ["index.html", "swagger-ui.js", "../README.md", "", "favicon-16x16.png/"] {
            assert!(assets.read(other, true).unwrap().is_none(), "{other}");
        }
    }

    #[test]
    fn what_is_compressed_is_what_is_not() {
        let assets = Assets::open().unwrap();
        let [plain, gzipped] = [false, true].map(|may| assets.read("swagger-ui.css", may).unwrap().unwrap());
        assert!(gzipped.gzipped && gzipped.bytes.len() < plain.bytes.len() / 4);
        let (header, rest) = gzipped.bytes.split_at(GZIP_HEADER.len());
        assert_eq!(header, GZIP_HEADER);
        let (_, length) = rest.split_at(rest.len() - 4);
        assert_eq!(length, u32::try_from(plain.bytes.len()).unwrap().to_le_bytes());
        let picture = assets.read("favicon-32x32.png", true).unwrap().unwrap();
        assert!(!picture.gzipped && picture.bytes.starts_with(b"\x89PNG"), "a picture is compressed already");
    }
}
