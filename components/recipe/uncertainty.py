"""The part `uncertainty` of the section `serving`: which predictions need a second reader."""

from components.recipe.base import Rate, Section, Share


class Uncertainty(Section):
    """When a prediction is marked as `uncertain`, and whether its probabilities are calibrated.

    All of it is measured on the eval split after training and becomes part of the model. The report
    shows the effect on the test split.

    Attributes:
        calibrated: whether the probabilities are calibrated by a temperature (Guo et al. 2017). The
            predicted classes stay the same.
        uncertain_below: a prediction whose top probability is lower is uncertain. None: the lowest
            threshold at which each class reaches `wanted_recall` among the certain predictions.
        wanted_recall: recall of each class among the predictions that are not uncertain.
        max_deferral_rate: largest share of the eval split that may be uncertain. Where the wanted
            recall needs more, the threshold goes as far as this share allows.
        ood_false_positive_rate: share of images like those of the eval split that may be marked as
            out of distribution, and so as uncertain. None: no image is marked so.
    """

    calibrated: bool = True
    uncertain_below: Share | None = None
    wanted_recall: Rate = 0.95
    max_deferral_rate: Share = 0.3
    ood_false_positive_rate: Rate | None = 0.01
