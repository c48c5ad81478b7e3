//! Which images may be fetched from registries.

use super::Given;
use crate::domain::image_ref::ImageRef;

/// Which images workers may pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulls {
    Off,
    /// Those whose name begins with their registry's host. A name without one would be looked up at Docker Hub, where
    /// anybody may have taken it.
    Named,
    All,
}

impl Pulls {
    /// Whether this image may be pulled.
    #[must_use]
    pub fn allow(self, image: &str) -> bool {
        match self {
            Self::Off => false,
            Self::Named => ImageRef::parse(image).is_ok_and(|image| image.host.is_some()),
            Self::All => ImageRef::parse(image).is_ok(),
        }
    }
}

impl Given {
    pub(super) fn pulls(&mut self) -> Pulls {
        self.read("pull_images", Pulls::Off, |text| match text {
            "off" => Ok(Pulls::Off),
            "named" => Ok(Pulls::Named),
            "all" => Ok(Pulls::All),
            _ => Err("write named, all or off".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pulls;

    #[test]
    fn only_what_names_its_registry_is_pulled_unless_all_may_be() {
        for (image, named) in
            [("registry.example/x", true), ("localhost:5000/x", true), ("berth/desktop:latest", false)]
        {
            assert_eq!(
                (Pulls::Off.allow(image), Pulls::Named.allow(image), Pulls::All.allow(image)),
                (false, named, true)
            );
        }
        assert!(!Pulls::All.allow("not a name"));
    }
}
