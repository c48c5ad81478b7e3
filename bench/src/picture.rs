//! A screen's pixels, and what is to be known of them: is anything painted, and as a PNG file.

use anyhow::Context as _;
use berth_load::rfb::{Rectangle, Viewer};
use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Red, green and blue, a byte each, row by row.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Picture {
    #[must_use]
    pub fn black(width: u32, height: u32) -> Self {
        Self { width, height, rgb: vec![0; width as usize * height as usize * 3] }
    }

    /// What a desktop shows now.
    ///
    /// # Errors
    /// When the connection ends before all of it has come.
    pub async fn taken_of(viewer: &mut Viewer) -> anyhow::Result<Self> {
        let mut picture = Self::black(viewer.width.into(), viewer.height.into());
        let width = picture.width as usize;
        let mut paint = |at: Rectangle, pixels: &[u8]| {
            for (row, line) in pixels.chunks_exact((at.w * 4).max(1)).enumerate() {
                let begin = ((at.y + row) * width + at.x) * 3;
                for (to, from) in picture.rgb[begin..].chunks_exact_mut(3).zip(line.chunks_exact(4)) {
                    to.copy_from_slice(&[from[2], from[1], from[0]]);
                }
            }
        };
        viewer.screen(&mut paint).await?;
        Ok(picture)
    }

    /// How many colours there are. A screen on which nothing is painted has one.
    #[must_use]
    pub fn colours(&self) -> usize {
        self.rgb.chunks_exact(3).collect::<HashSet<_>>().len()
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        Ok(writer.finish()?)
    }
}
