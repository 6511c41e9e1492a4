"""The part `doubt` of the section `serving`: when an answer is not to be relied on."""

from components.recipe.base import Rate, Section, Share


class Uncertainty(Section):
    """When an answer says of itself that it is `uncertain`, and whether its probability is true.

    All of it is measured on the eval split after training, and becomes part of the model. What it
    then does on the test split stands in the report.

    Attributes:
        calibrated: whether the probabilities are scaled by a temperature so that they mean what
            they say; the answers stay the same.
        uncertain_below: an answer whose top probability is lower is uncertain. None: the lowest
            threshold at which every class reaches `wanted_recall` among the other answers.
        wanted_recall: of every class, among the answers that are not uncertain.
        max_deferral_rate: largest share of the eval split that may be uncertain for that; where the
            wanted recall takes more, the threshold comes as near to it as this share allows.
        ood_false_positive_rate: share of images of the right kind that may be called out of
            distribution: unlike the training images, and so uncertain too. None: nothing is.
    """

    calibrated: bool = True
    uncertain_below: Share | None = None
    wanted_recall: Rate = 0.95
    max_deferral_rate: Share = 0.3
    ood_false_positive_rate: Rate | None = 0.01
