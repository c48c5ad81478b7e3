//! Long lives at random: many wishes and misfortunes in the small world, more than can be searched. When they have run out and
//! what is left to do is done, in whatever order, everybody is where they wanted to be last and nothing is held.

use super::actions::{Action, Wish, misfortune, progress};
use super::steps::step;
use super::world::{Luck, Size, World};
use super::{all_well, has_work, ports_are_known, released, slots_are_exact};
use berth_shared::domain::desktop::Desired;
use proptest::prelude::*;

const LIVES: Size = Size {
    workers: 3,
    desktops: 3,
    slots: 2,
    ports: 3,
    luck: Luck { wishes: 9, naps: 3, kills: 3, errors: 4, strangers: 2, losses: 3, hand_backs: 2 },
};
/// More than any life needs to come to rest.
const ENOUGH: usize = 20_000;

/// Any order, the same for the same seed.
fn pick(seed: &mut u64, of: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % of
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn ends_where_it_was_wanted_and_holds_nothing(choices in prop::collection::vec(any::<u16>(), 0..150), mut seed: u64) {
        let mut world = World::new(&LIVES).in_order();
        let mut wanted = [Desired::Running; 3];
        let mut choices = choices.into_iter();
        let mut actions = Vec::new();
        for done in 0.. {
            actions.clear();
            progress(&world, &LIVES, None, &mut actions);
            let choice = choices.next();
            if choice.is_some() {
                misfortune(&world, &LIVES, &mut actions);
            }
            let Some(action) = (!actions.is_empty()).then(|| match choice {
                Some(choice) => actions[usize::from(choice) % actions.len()],
                None => actions[pick(&mut seed, actions.len())],
            }) else {
                break;
            };
            if let Action::Ask(d, wish) = action
                && wanted[usize::from(d)] != Desired::Deleted
            {
                wanted[usize::from(d)] = match wish {
                    Wish::Start => Desired::Running,
                    Wish::Stop => Desired::Stopped,
                    Wish::Delete => Desired::Deleted,
                };
            }
            world = step(world, &LIVES, None, action);
            prop_assert!(slots_are_exact(&world) && ports_are_known(&world), "{action:?} {world:#?}");
            prop_assert!(released(&world) && world.desktops.iter().all(has_work), "{action:?} {world:#?}");
            prop_assert!(done < ENOUGH, "it does not come to rest: {world:#?}");
        }
        prop_assert!(all_well(&world), "{world:#?}");
        for (d, wanted) in world.desktops.iter().zip(wanted) {
            prop_assert_eq!(d.status.map_or(Desired::Deleted, |status| status.desired()), wanted);
        }
    }
}
