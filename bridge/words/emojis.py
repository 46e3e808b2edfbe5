"""Emoji by the names that Mattermost gives them. Written by `local/make_emojis.py`.

From emoji-datasource 16.0.0 (MIT, Cal Henderson) and, for GitHub's names, emoji 2.16.0 (BSD,
Taehoon Kim and Kevin Wurster). Loaded only for a message that holds a `:name:`.
"""

from functools import lru_cache

_TONES = {
    "_light_skin_tone": "\U0001f3fb",
    "_medium_light_skin_tone": "\U0001f3fc",
    "_medium_skin_tone": "\U0001f3fd",
    "_medium_dark_skin_tone": "\U0001f3fe",
    "_dark_skin_tone": "\U0001f3ff",
}


def character(name: str) -> str:
    """Return the emoji of a name, in the skin tone that it may end with; "" for an unknown one."""
    plain, toned = _tables()
    if found := plain.get(name) or toned.get(name):
        return found
    for ending in sorted(_TONES, key=len, reverse=True):
        if name.endswith(ending) and (found := toned.get(name.removesuffix(ending))):
            return found[0] + _TONES[ending] + found[1:].removeprefix("\ufe0f")
    return ""


@lru_cache(1)
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Return the emoji without skin tones and those that have them."""
    plain, toned = _PLAIN.split(), _TONED.split()
    return (
        dict(zip(plain[::2], plain[1::2], strict=True)),
        dict(zip(toned[::2], toned[1::2], strict=True)),
    )


_PLAIN = """
grinning 😀 grinning_face 😀 smiley 😃 grinning_face_with_big_eyes 😃 smile 😄
grinning_face_with_smiling_eyes 😄 grin 😁 beaming_face_with_smiling_eyes 😁 laughing 😆
satisfied 😆 grinning_squinting_face 😆 sweat_smile 😅 grinning_face_with_sweat 😅
rolling_on_the_floor_laughing 🤣 rofl 🤣 joy 😂 face_with_tears_of_joy 😂
slightly_smiling_face 🙂 upside_down_face 🙃 upside-down_face 🙃 melting_face 🫠 wink 😉
winking_face 😉 blush 😊 smiling_face_with_smiling_eyes 😊 innocent 😇
smiling_face_with_halo 😇 smiling_face_with_3_hearts 🥰 smiling_face_with_hearts 🥰
smiling_face_with_three_hearts 🥰 heart_eyes 😍 smiling_face_with_heart-eyes 😍
smiling_face_with_heart_eyes 😍 star-struck 🤩 grinning_face_with_star_eyes 🤩
star_struck 🤩 kissing_heart 😘 face_blowing_a_kiss 😘 kissing 😗 kissing_face 😗 relaxed
☺️ smiling_face ☺️ kissing_closed_eyes 😚 kissing_face_with_closed_eyes 😚
kissing_smiling_eyes 😙 kissing_face_with_smiling_eyes 😙 smiling_face_with_tear 🥲 yum
😋 face_savoring_food 😋 stuck_out_tongue 😛 face_with_tongue 😛
stuck_out_tongue_winking_eye 😜 winking_face_with_tongue 😜 zany_face 🤪
grinning_face_with_one_large_and_one_small_eye 🤪 stuck_out_tongue_closed_eyes 😝
squinting_face_with_tongue 😝 money_mouth_face 🤑 money-mouth_face 🤑 hugging_face 🤗
smiling_face_with_open_hands 🤗 hugs 🤗 face_with_hand_over_mouth 🤭
smiling_face_with_smiling_eyes_and_hand_covering_mouth 🤭 hand_over_mouth 🤭
face_with_open_eyes_and_hand_over_mouth 🫢 face_with_peeking_eye 🫣 shushing_face 🤫
face_with_finger_covering_closed_lips 🤫 thinking_face 🤔 thinking 🤔 saluting_face 🫡
zipper_mouth_face 🤐 zipper-mouth_face 🤐 face_with_raised_eyebrow 🤨
face_with_one_eyebrow_raised 🤨 raised_eyebrow 🤨 neutral_face 😐 expressionless 😑
expressionless_face 😑 no_mouth 😶 face_without_mouth 😶 dotted_line_face 🫥
face_in_clouds 😶‍🌫️ smirk 😏 smirking_face 😏 unamused 😒 unamused_face 😒
face_with_rolling_eyes 🙄 roll_eyes 🙄 grimacing 😬 grimacing_face 😬 face_exhaling 😮‍💨
lying_face 🤥 shaking_face 🫨 head_shaking_horizontally 🙂‍↔️ head_shaking_vertically
🙂‍↕️ relieved 😌 relieved_face 😌 pensive 😔 pensive_face 😔 sleepy 😪 sleepy_face 😪
drooling_face 🤤 sleeping 😴 sleeping_face 😴 face_with_bags_under_eyes 🫩 mask 😷
face_with_medical_mask 😷 face_with_thermometer 🤒 face_with_head_bandage 🤕
face_with_head-bandage 🤕 nauseated_face 🤢 face_vomiting 🤮
face_with_open_mouth_vomiting 🤮 vomiting_face 🤮 sneezing_face 🤧 hot_face 🥵 cold_face
🥶 woozy_face 🥴 dizzy_face 😵 face_with_crossed-out_eyes 😵 face_with_crossed_out_eyes
😵 knocked_out_face 😵 face_with_spiral_eyes 😵‍💫 exploding_head 🤯
shocked_face_with_exploding_head 🤯 face_with_cowboy_hat 🤠 cowboy_hat_face 🤠
partying_face 🥳 disguised_face 🥸 sunglasses 😎 smiling_face_with_sunglasses 😎
nerd_face 🤓 face_with_monocle 🧐 monocle_face 🧐 confused 😕 confused_face 😕
face_with_diagonal_mouth 🫤 worried 😟 worried_face 😟 slightly_frowning_face 🙁
white_frowning_face ☹️ frowning_face ☹️ open_mouth 😮 face_with_open_mouth 😮 hushed 😯
hushed_face 😯 astonished 😲 astonished_face 😲 flushed 😳 flushed_face 😳 pleading_face
🥺 face_holding_back_tears 🥹 frowning 😦 frowning_face_with_open_mouth 😦 anguished 😧
anguished_face 😧 fearful 😨 fearful_face 😨 cold_sweat 😰 anxious_face_with_sweat 😰
disappointed_relieved 😥 sad_but_relieved_face 😥 cry 😢 crying_face 😢 sob 😭
loudly_crying_face 😭 scream 😱 face_screaming_in_fear 😱 confounded 😖 confounded_face
😖 persevere 😣 persevering_face 😣 disappointed 😞 disappointed_face 😞 sweat 😓
downcast_face_with_sweat 😓 weary 😩 weary_face 😩 tired_face 😫 yawning_face 🥱 triumph
😤 face_with_steam_from_nose 😤 rage 😡 enraged_face 😡 pout 😡 angry 😠 angry_face 😠
face_with_symbols_on_mouth 🤬 serious_face_with_symbols_covering_mouth 🤬 cursing_face
🤬 smiling_imp 😈 smiling_face_with_horns 😈 imp 👿 angry_face_with_horns 👿 skull 💀
skull_and_crossbones ☠️ hankey 💩 poop 💩 shit 💩 pile_of_poo 💩 clown_face 🤡
japanese_ogre 👹 ogre 👹 japanese_goblin 👺 goblin 👺 ghost 👻 alien 👽 space_invader 👾
alien_monster 👾 robot_face 🤖 robot 🤖 smiley_cat 😺 grinning_cat 😺 smile_cat 😸
grinning_cat_with_smiling_eyes 😸 joy_cat 😹 cat_with_tears_of_joy 😹 heart_eyes_cat 😻
smiling_cat_with_heart-eyes 😻 smiling_cat_with_heart_eyes 😻 smirk_cat 😼
cat_with_wry_smile 😼 kissing_cat 😽 scream_cat 🙀 weary_cat 🙀 crying_cat_face 😿
crying_cat 😿 pouting_cat 😾 see_no_evil 🙈 see-no-evil_monkey 🙈 see_no_evil_monkey 🙈
hear_no_evil 🙉 hear-no-evil_monkey 🙉 hear_no_evil_monkey 🙉 speak_no_evil 🙊
speak-no-evil_monkey 🙊 speak_no_evil_monkey 🙊 love_letter 💌 cupid 💘 heart_with_arrow
💘 gift_heart 💝 heart_with_ribbon 💝 sparkling_heart 💖 heartpulse 💗 growing_heart 💗
heartbeat 💓 beating_heart 💓 revolving_hearts 💞 two_hearts 💕 heart_decoration 💟
heavy_heart_exclamation_mark_ornament ❣️ heart_exclamation ❣️
heavy_heart_exclamation ❣️ broken_heart 💔 heart_on_fire ❤️‍🔥 mending_heart ❤️‍🩹
heart ❤️ red_heart ❤️ pink_heart 🩷 orange_heart 🧡 yellow_heart 💛 green_heart 💚
blue_heart 💙 light_blue_heart 🩵 purple_heart 💜 brown_heart 🤎 black_heart 🖤
grey_heart 🩶 white_heart 🤍 kiss 💋 kiss_mark 💋 100 💯 hundred_points 💯 anger 💢
anger_symbol 💢 boom 💥 collision 💥 dizzy 💫 sweat_drops 💦 sweat_droplets 💦 dash 💨
dashing_away 💨 hole 🕳️ speech_balloon 💬 eye-in-speech-bubble 👁️‍🗨️
eye_in_speech_bubble 👁️‍🗨️ eye_speech_bubble 👁️‍🗨️ left_speech_bubble 🗨️
right_anger_bubble 🗯️ thought_balloon 💭 zzz 💤 handshake 🤝 mechanical_arm 🦾
mechanical_leg 🦿 brain 🧠 anatomical_heart 🫀 lungs 🫁 tooth 🦷 bone 🦴 eyes 👀 eye 👁️
tongue 👅 lips 👄 mouth 👄 biting_lip 🫦 genie 🧞 male_genie 🧞‍♂️ man_genie 🧞‍♂️
genie_man 🧞‍♂️ female_genie 🧞‍♀️ woman_genie 🧞‍♀️ genie_woman 🧞‍♀️ zombie 🧟
male_zombie 🧟‍♂️ man_zombie 🧟‍♂️ zombie_man 🧟‍♂️ female_zombie 🧟‍♀️ woman_zombie
🧟‍♀️ zombie_woman 🧟‍♀️ troll 🧌 dancers 👯 people_with_bunny_ears 👯
men-with-bunny-ears-partying 👯‍♂️ man-with-bunny-ears-partying 👯‍♂️
men_with_bunny_ears 👯‍♂️ dancing_men 👯‍♂️ women-with-bunny-ears-partying 👯‍♀️
woman-with-bunny-ears-partying 👯‍♀️ women_with_bunny_ears 👯‍♀️ dancing_women 👯‍♀️
fencer 🤺 person_fencing 🤺 skier ⛷️ wrestlers 🤼 people_wrestling 🤼 wrestling 🤼
man-wrestling 🤼‍♂️ men_wrestling 🤼‍♂️ woman-wrestling 🤼‍♀️ women_wrestling 🤼‍♀️
people_holding_hands 🧑‍🤝‍🧑 two_women_holding_hands 👭 women_holding_hands 👭
man_and_woman_holding_hands 👫 woman_and_man_holding_hands 👫 couple 👫
two_men_holding_hands 👬 men_holding_hands 👬 couplekiss 💏 woman-kiss-man 👩‍❤️‍💋‍👨
kiss_woman_man 👩‍❤️‍💋‍👨 couplekiss_man_woman 👩‍❤️‍💋‍👨 man-kiss-man 👨‍❤️‍💋‍👨
kiss_man_man 👨‍❤️‍💋‍👨 couplekiss_man_man 👨‍❤️‍💋‍👨 woman-kiss-woman 👩‍❤️‍💋‍👩
kiss_woman_woman 👩‍❤️‍💋‍👩 couplekiss_woman_woman 👩‍❤️‍💋‍👩 couple_with_heart 💑
woman-heart-man 👩‍❤️‍👨 couple_with_heart_woman_man 👩‍❤️‍👨 man-heart-man 👨‍❤️‍👨
couple_with_heart_man_man 👨‍❤️‍👨 woman-heart-woman 👩‍❤️‍👩
couple_with_heart_woman_woman 👩‍❤️‍👩 man-woman-boy 👨‍👩‍👦 family_man_woman_boy 👨‍👩‍👦
man-woman-girl 👨‍👩‍👧 family_man_woman_girl 👨‍👩‍👧 man-woman-girl-boy 👨‍👩‍👧‍👦
family_man_woman_girl_boy 👨‍👩‍👧‍👦 man-woman-boy-boy 👨‍👩‍👦‍👦 family_man_woman_boy_boy
👨‍👩‍👦‍👦 man-woman-girl-girl 👨‍👩‍👧‍👧 family_man_woman_girl_girl 👨‍👩‍👧‍👧 man-man-boy
👨‍👨‍👦 family_man_man_boy 👨‍👨‍👦 man-man-girl 👨‍👨‍👧 family_man_man_girl 👨‍👨‍👧
man-man-girl-boy 👨‍👨‍👧‍👦 family_man_man_girl_boy 👨‍👨‍👧‍👦 man-man-boy-boy 👨‍👨‍👦‍👦
family_man_man_boy_boy 👨‍👨‍👦‍👦 man-man-girl-girl 👨‍👨‍👧‍👧 family_man_man_girl_girl
👨‍👨‍👧‍👧 woman-woman-boy 👩‍👩‍👦 family_woman_woman_boy 👩‍👩‍👦 woman-woman-girl 👩‍👩‍👧
family_woman_woman_girl 👩‍👩‍👧 woman-woman-girl-boy 👩‍👩‍👧‍👦
family_woman_woman_girl_boy 👩‍👩‍👧‍👦 woman-woman-boy-boy 👩‍👩‍👦‍👦
family_woman_woman_boy_boy 👩‍👩‍👦‍👦 woman-woman-girl-girl 👩‍👩‍👧‍👧
family_woman_woman_girl_girl 👩‍👩‍👧‍👧 man-boy 👨‍👦 family_man_boy 👨‍👦 man-boy-boy
👨‍👦‍👦 family_man_boy_boy 👨‍👦‍👦 man-girl 👨‍👧 family_man_girl 👨‍👧 man-girl-boy 👨‍👧‍👦
family_man_girl_boy 👨‍👧‍👦 man-girl-girl 👨‍👧‍👧 family_man_girl_girl 👨‍👧‍👧 woman-boy
👩‍👦 family_woman_boy 👩‍👦 woman-boy-boy 👩‍👦‍👦 family_woman_boy_boy 👩‍👦‍👦 woman-girl
👩‍👧 family_woman_girl 👩‍👧 woman-girl-boy 👩‍👧‍👦 family_woman_girl_boy 👩‍👧‍👦
woman-girl-girl 👩‍👧‍👧 family_woman_girl_girl 👩‍👧‍👧 speaking_head_in_silhouette 🗣️
speaking_head 🗣️ bust_in_silhouette 👤 busts_in_silhouette 👥 people_hugging 🫂 family
👪 family_adult_adult_child 🧑‍🧑‍🧒 family_adult_adult_child_child 🧑‍🧑‍🧒‍🧒
family_adult_child 🧑‍🧒 family_adult_child_child 🧑‍🧒‍🧒 footprints 👣 fingerprint 🫆
skin-tone-2 🏻 light_skin_tone 🏻 emoji_modifier_fitzpatrick_type_1_2 🏻 skin-tone-3 🏼
medium-light_skin_tone 🏼 emoji_modifier_fitzpatrick_type_3 🏼 skin-tone-4 🏽
medium_skin_tone 🏽 emoji_modifier_fitzpatrick_type_4 🏽 skin-tone-5 🏾
medium-dark_skin_tone 🏾 emoji_modifier_fitzpatrick_type_5 🏾 skin-tone-6 🏿
dark_skin_tone 🏿 emoji_modifier_fitzpatrick_type_6 🏿 monkey_face 🐵 monkey 🐒 gorilla
🦍 harambe 🦍 orangutan 🦧 dog 🐶 dog_face 🐶 dog2 🐕 guide_dog 🦮 service_dog 🐕‍🦺 poodle 🐩
wolf 🐺 fox_face 🦊 fox 🦊 raccoon 🦝 cat 🐱 cat_face 🐱 cat2 🐈 black_cat 🐈‍⬛ lion_face 🦁
lion 🦁 tiger 🐯 tiger_face 🐯 tiger2 🐅 leopard 🐆 horse 🐴 horse_face 🐴 moose 🫎 donkey 🫏
racehorse 🐎 unicorn_face 🦄 unicorn 🦄 zebra_face 🦓 zebra 🦓 deer 🦌 bison 🦬 cow 🐮
cow_face 🐮 ox 🐂 water_buffalo 🐃 cow2 🐄 pig 🐷 pig_face 🐷 pig2 🐖 boar 🐗 pig_nose 🐽 ram
🐏 sheep 🐑 ewe 🐑 goat 🐐 dromedary_camel 🐪 camel 🐪 two-hump_camel 🐫 two_hump_camel 🐫
llama 🦙 giraffe_face 🦒 giraffe 🦒 elephant 🐘 mammoth 🦣 rhinoceros 🦏 hippopotamus 🦛
mouse 🐭 mouse_face 🐭 mouse2 🐁 rat 🐀 hamster 🐹 rabbit 🐰 rabbit_face 🐰 rabbit2 🐇
chipmunk 🐿️ beaver 🦫 hedgehog 🦔 bat 🦇 bear 🐻 polar_bear 🐻‍❄️ koala 🐨 panda_face 🐼
panda 🐼 sloth 🦥 otter 🦦 skunk 🦨 kangaroo 🦘 badger 🦡 feet 🐾 paw_prints 🐾 turkey 🦃
chicken 🐔 rooster 🐓 hatching_chick 🐣 baby_chick 🐤 hatched_chick 🐥
front-facing_baby_chick 🐥 front_facing_baby_chick 🐥 bird 🐦 penguin 🐧 dove_of_peace
🕊️ dove 🕊️ eagle 🦅 duck 🦆 swan 🦢 owl 🦉 dodo 🦤 feather 🪶 flamingo 🦩 peacock 🦚 parrot
🦜 wing 🪽 black_bird 🐦‍⬛ raven 🐦‍⬛ crow 🐦‍⬛ rook 🐦‍⬛ goose 🪿 phoenix 🐦‍🔥 frog 🐸
crocodile 🐊 turtle 🐢 lizard 🦎 snake 🐍 dragon_face 🐲 dragon 🐉 sauropod 🦕 t-rex 🦖
t_rex 🦖 whale 🐳 spouting_whale 🐳 whale2 🐋 dolphin 🐬 flipper 🐬 seal 🦭 fish 🐟
tropical_fish 🐠 blowfish 🐡 shark 🦈 octopus 🐙 shell 🐚 spiral_shell 🐚 coral 🪸
jellyfish 🪼 crab 🦀 lobster 🦞 shrimp 🦐 squid 🦑 oyster 🦪 snail 🐌 butterfly 🦋 bug 🐛 ant
🐜 bee 🐝 honeybee 🐝 beetle 🪲 ladybug 🐞 lady_beetle 🐞 cricket 🦗 cockroach 🪳 spider 🕷️
spider_web 🕸️ scorpion 🦂 mosquito 🦟 fly 🪰 worm 🪱 microbe 🦠 bouquet 💐 cherry_blossom
🌸 white_flower 💮 lotus 🪷 rosette 🏵️ rose 🌹 wilted_flower 🥀 hibiscus 🌺 sunflower 🌻
blossom 🌼 tulip 🌷 hyacinth 🪻 seedling 🌱 potted_plant 🪴 evergreen_tree 🌲
deciduous_tree 🌳 palm_tree 🌴 cactus 🌵 ear_of_rice 🌾 sheaf_of_rice 🌾 herb 🌿 shamrock
☘️ four_leaf_clover 🍀 maple_leaf 🍁 fallen_leaf 🍂 leaves 🍃 leaf_fluttering_in_wind 🍃
empty_nest 🪹 nest_with_eggs 🪺 mushroom 🍄 leafless_tree 🪾 grapes 🍇 melon 🍈 watermelon
🍉 tangerine 🍊 orange 🍊 mandarin 🍊 lemon 🍋 lime 🍋‍🟩 banana 🍌 pineapple 🍍 mango 🥭
apple 🍎 red_apple 🍎 green_apple 🍏 pear 🍐 peach 🍑 cherries 🍒 strawberry 🍓 blueberries
🫐 kiwifruit 🥝 kiwi_fruit 🥝 tomato 🍅 olive 🫒 coconut 🥥 avocado 🥑 eggplant 🍆 potato 🥔
carrot 🥕 corn 🌽 ear_of_corn 🌽 hot_pepper 🌶️ bell_pepper 🫑 cucumber 🥒 leafy_green 🥬
broccoli 🥦 garlic 🧄 onion 🧅 peanuts 🥜 beans 🫘 chestnut 🌰 ginger_root 🫚 pea_pod 🫛
brown_mushroom 🍄‍🟫 root_vegetable 🫜 bread 🍞 croissant 🥐 baguette_bread 🥖 flatbread 🫓
pretzel 🥨 bagel 🥯 pancakes 🥞 waffle 🧇 cheese_wedge 🧀 cheese 🧀 meat_on_bone 🍖
poultry_leg 🍗 cut_of_meat 🥩 bacon 🥓 hamburger 🍔 fries 🍟 french_fries 🍟 pizza 🍕
hotdog 🌭 hot_dog 🌭 sandwich 🥪 taco 🌮 burrito 🌯 tamale 🫔 stuffed_flatbread 🥙 falafel
🧆 egg 🥚 egg2 🥚 fried_egg 🍳 cooking 🍳 shallow_pan_of_food 🥘 stew 🍲 pot_of_food 🍲
fondue 🫕 bowl_with_spoon 🥣 green_salad 🥗 popcorn 🍿 butter 🧈 salt 🧂 canned_food 🥫
bento 🍱 bento_box 🍱 rice_cracker 🍘 rice_ball 🍙 rice 🍚 cooked_rice 🍚 curry 🍛
curry_rice 🍛 ramen 🍜 steaming_bowl 🍜 spaghetti 🍝 sweet_potato 🍠 roasted_sweet_potato
🍠 oden 🍢 sushi 🍣 fried_shrimp 🍤 fish_cake 🍥 fish_cake_with_swirl 🍥 moon_cake 🥮 dango
🍡 dumpling 🥟 fortune_cookie 🥠 takeout_box 🥡 icecream 🍦 soft_ice_cream 🍦 shaved_ice 🍧
ice_cream 🍨 doughnut 🍩 cookie 🍪 birthday 🎂 birthday_cake 🎂 cake 🍰 shortcake 🍰
cupcake 🧁 pie 🥧 chocolate_bar 🍫 candy 🍬 lollipop 🍭 custard 🍮 honey_pot 🍯 baby_bottle
🍼 glass_of_milk 🥛 milk_glass 🥛 coffee ☕ hot_beverage ☕ teapot 🫖 tea 🍵
teacup_without_handle 🍵 sake 🍶 champagne 🍾 bottle_with_popping_cork 🍾 wine_glass 🍷
cocktail 🍸 cocktail_glass 🍸 tropical_drink 🍹 beer 🍺 beer_mug 🍺 beers 🍻
clinking_beer_mugs 🍻 clinking_glasses 🥂 tumbler_glass 🥃 pouring_liquid 🫗
cup_with_straw 🥤 bubble_tea 🧋 beverage_box 🧃 mate_drink 🧉 mate 🧉 ice_cube 🧊 ice 🧊
chopsticks 🥢 knife_fork_plate 🍽️ fork_and_knife_with_plate 🍽️ plate_with_cutlery 🍽️
fork_and_knife 🍴 spoon 🥄 hocho 🔪 knife 🔪 kitchen_knife 🔪 jar 🫙 amphora 🏺
earth_africa 🌍 globe_showing_europe_africa 🌍 earth_americas 🌎 globe_showing_americas
🌎 earth_asia 🌏 globe_showing_asia_australia 🌏 globe_with_meridians 🌐 world_map 🗺️
japan 🗾 map_of_japan 🗾 compass 🧭 snow_capped_mountain 🏔️ snow-capped_mountain 🏔️
mountain_snow 🏔️ mountain ⛰️ volcano 🌋 mount_fuji 🗻 camping 🏕️ beach_with_umbrella
🏖️ beach_umbrella 🏖️ desert 🏜️ desert_island 🏝️ national_park 🏞️ stadium 🏟️
classical_building 🏛️ building_construction 🏗️ bricks 🧱 brick 🧱 rock 🪨 wood 🪵 hut 🛖
house_buildings 🏘️ houses 🏘️ derelict_house_building 🏚️ derelict_house 🏚️ house 🏠
house_with_garden 🏡 office 🏢 office_building 🏢 post_office 🏣 japanese_post_office 🏣
european_post_office 🏤 hospital 🏥 bank 🏦 hotel 🏨 love_hotel 🏩 convenience_store 🏪
school 🏫 department_store 🏬 factory 🏭 japanese_castle 🏯 european_castle 🏰 castle 🏰
wedding 💒 tokyo_tower 🗼 statue_of_liberty 🗽 church ⛪ mosque 🕌 hindu_temple 🛕
synagogue 🕍 shinto_shrine ⛩️ kaaba 🕋 fountain ⛲ tent ⛺ foggy 🌁 night_with_stars 🌃
cityscape 🏙️ sunrise_over_mountains 🌄 sunrise 🌅 city_sunset 🌆 cityscape_at_dusk 🌆
city_sunrise 🌇 sunset 🌇 bridge_at_night 🌉 hotsprings ♨️ hot_springs ♨️
carousel_horse 🎠 playground_slide 🛝 ferris_wheel 🎡 roller_coaster 🎢 barber 💈
barber_pole 💈 circus_tent 🎪 steam_locomotive 🚂 locomotive 🚂 railway_car 🚃
bullettrain_side 🚄 high-speed_train 🚄 high_speed_train 🚄 bullettrain_front 🚅
bullet_train 🚅 train2 🚆 train 🚆 metro 🚇 light_rail 🚈 station 🚉 tram 🚊 monorail 🚝
mountain_railway 🚞 tram_car 🚋 bus 🚌 oncoming_bus 🚍 trolleybus 🚎 minibus 🚐 ambulance
🚑 fire_engine 🚒 police_car 🚓 oncoming_police_car 🚔 taxi 🚕 oncoming_taxi 🚖 car 🚗
red_car 🚗 automobile 🚗 oncoming_automobile 🚘 blue_car 🚙 sport_utility_vehicle 🚙
pickup_truck 🛻 truck 🚚 delivery_truck 🚚 articulated_lorry 🚛 tractor 🚜 racing_car 🏎️
racing_motorcycle 🏍️ motorcycle 🏍️ motor_scooter 🛵 manual_wheelchair 🦽
motorized_wheelchair 🦼 auto_rickshaw 🛺 bike 🚲 bicycle 🚲 scooter 🛴 kick_scooter 🛴
skateboard 🛹 roller_skate 🛼 busstop 🚏 bus_stop 🚏 motorway 🛣️ railway_track 🛤️
oil_drum 🛢️ fuelpump ⛽ fuel_pump ⛽ wheel 🛞 rotating_light 🚨 police_car_light 🚨
traffic_light 🚥 horizontal_traffic_light 🚥 vertical_traffic_light 🚦 octagonal_sign 🛑
stop_sign 🛑 construction 🚧 anchor ⚓ ring_buoy 🛟 boat ⛵ sailboat ⛵ canoe 🛶 speedboat
🚤 passenger_ship 🛳️ ferry ⛴️ motor_boat 🛥️ ship 🚢 airplane ✈️ small_airplane 🛩️
airplane_departure 🛫 flight_departure 🛫 airplane_arriving 🛬 airplane_arrival 🛬
flight_arrival 🛬 parachute 🪂 seat 💺 helicopter 🚁 suspension_railway 🚟
mountain_cableway 🚠 aerial_tramway 🚡 satellite 🛰️ artificial_satellite 🛰️ rocket 🚀
flying_saucer 🛸 bellhop_bell 🛎️ luggage 🧳 hourglass ⌛ hourglass_done ⌛
hourglass_flowing_sand ⏳ hourglass_not_done ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️
timer_clock ⏲️ mantelpiece_clock 🕰️ clock12 🕛 twelve_oclock 🕛 clock1230 🕧
twelve-thirty 🕧 twelve_thirty 🕧 clock1 🕐 one_oclock 🕐 clock130 🕜 one-thirty 🕜
one_thirty 🕜 clock2 🕑 two_oclock 🕑 clock230 🕝 two-thirty 🕝 two_thirty 🕝 clock3 🕒
three_oclock 🕒 clock330 🕞 three-thirty 🕞 three_thirty 🕞 clock4 🕓 four_oclock 🕓
clock430 🕟 four-thirty 🕟 four_thirty 🕟 clock5 🕔 five_oclock 🕔 clock530 🕠 five-thirty
🕠 five_thirty 🕠 clock6 🕕 six_oclock 🕕 clock630 🕡 six-thirty 🕡 six_thirty 🕡 clock7 🕖
seven_oclock 🕖 clock730 🕢 seven-thirty 🕢 seven_thirty 🕢 clock8 🕗 eight_oclock 🕗
clock830 🕣 eight-thirty 🕣 eight_thirty 🕣 clock9 🕘 nine_oclock 🕘 clock930 🕤
nine-thirty 🕤 nine_thirty 🕤 clock10 🕙 ten_oclock 🕙 clock1030 🕥 ten-thirty 🕥
ten_thirty 🕥 clock11 🕚 eleven_oclock 🕚 clock1130 🕦 eleven-thirty 🕦 eleven_thirty 🕦
new_moon 🌑 waxing_crescent_moon 🌒 first_quarter_moon 🌓 moon 🌔 waxing_gibbous_moon 🌔
full_moon 🌕 waning_gibbous_moon 🌖 last_quarter_moon 🌗 waning_crescent_moon 🌘
crescent_moon 🌙 new_moon_with_face 🌚 new_moon_face 🌚 first_quarter_moon_with_face 🌛
first_quarter_moon_face 🌛 last_quarter_moon_with_face 🌜 last_quarter_moon_face 🌜
thermometer 🌡️ sunny ☀️ sun ☀️ full_moon_with_face 🌝 full_moon_face 🌝 sun_with_face
🌞 ringed_planet 🪐 star ⭐ star2 🌟 glowing_star 🌟 stars 🌠 shooting_star 🌠 milky_way 🌌
cloud ☁️ partly_sunny ⛅ sun_behind_cloud ⛅ thunder_cloud_and_rain ⛈️
cloud_with_lightning_and_rain ⛈️ mostly_sunny 🌤️ sun_small_cloud 🌤️
sun_behind_small_cloud 🌤️ white_sun_with_small_cloud 🌤️ barely_sunny 🌥️
sun_behind_large_cloud 🌥️ white_sun_behind_cloud 🌥️ partly_sunny_rain 🌦️
sun_behind_rain_cloud 🌦️ white_sun_behind_cloud_with_rain 🌦️ rain_cloud 🌧️
cloud_with_rain 🌧️ snow_cloud 🌨️ cloud_with_snow 🌨️ lightning 🌩️ lightning_cloud 🌩️
cloud_with_lightning 🌩️ tornado 🌪️ tornado_cloud 🌪️ cloud_with_tornado 🌪️ fog 🌫️
wind_blowing_face 🌬️ wind_face 🌬️ cyclone 🌀 rainbow 🌈 closed_umbrella 🌂 umbrella ☂️
open_umbrella ☂️ umbrella_with_rain_drops ☔ umbrella_on_ground ⛱️ parasol_on_ground
⛱️ zap ⚡ high_voltage ⚡ snowflake ❄️ snowman ☃️ snowman_with_snow ☃️
snowman_without_snow ⛄ comet ☄️ fire 🔥 droplet 💧 ocean 🌊 water_wave 🌊 jack_o_lantern
🎃 jack-o-lantern 🎃 christmas_tree 🎄 fireworks 🎆 sparkler 🎇 firecracker 🧨 sparkles ✨
balloon 🎈 tada 🎉 party_popper 🎉 confetti_ball 🎊 tanabata_tree 🎋 bamboo 🎍
pine_decoration 🎍 dolls 🎎 japanese_dolls 🎎 flags 🎏 carp_streamer 🎏 wind_chime 🎐
rice_scene 🎑 moon_viewing_ceremony 🎑 red_envelope 🧧 ribbon 🎀 gift 🎁 wrapped_gift 🎁
reminder_ribbon 🎗️ admission_tickets 🎟️ tickets 🎟️ ticket 🎫 medal 🎖️ military_medal
🎖️ medal_military 🎖️ trophy 🏆 sports_medal 🏅 medal_sports 🏅 first_place_medal 🥇
1st_place_medal 🥇 second_place_medal 🥈 2nd_place_medal 🥈 third_place_medal 🥉
3rd_place_medal 🥉 soccer ⚽ soccer_ball ⚽ baseball ⚾ softball 🥎 basketball 🏀
volleyball 🏐 football 🏈 american_football 🏈 rugby_football 🏉 tennis 🎾 flying_disc 🥏
bowling 🎳 cricket_bat_and_ball 🏏 cricket_game 🏏 field_hockey_stick_and_ball 🏑
field_hockey 🏑 ice_hockey_stick_and_puck 🏒 ice_hockey 🏒 lacrosse 🥍
table_tennis_paddle_and_ball 🏓 ping_pong 🏓 badminton_racquet_and_shuttlecock 🏸
badminton 🏸 boxing_glove 🥊 martial_arts_uniform 🥋 goal_net 🥅 golf ⛳ flag_in_hole ⛳
ice_skate ⛸️ fishing_pole_and_fish 🎣 fishing_pole 🎣 diving_mask 🤿
running_shirt_with_sash 🎽 running_shirt 🎽 ski 🎿 skis 🎿 sled 🛷 curling_stone 🥌 dart 🎯
bullseye 🎯 yo-yo 🪀 yo_yo 🪀 kite 🪁 gun 🔫 water_pistol 🔫 8ball 🎱 pool_8_ball 🎱
crystal_ball 🔮 magic_wand 🪄 video_game 🎮 joystick 🕹️ slot_machine 🎰 game_die 🎲
jigsaw 🧩 puzzle_piece 🧩 teddy_bear 🧸 pinata 🪅 mirror_ball 🪩 nesting_dolls 🪆 spades
♠️ spade_suit ♠️ hearts ♥️ heart_suit ♥️ diamonds ♦️ diamond_suit ♦️ clubs ♣️
club_suit ♣️ chess_pawn ♟️ black_joker 🃏 joker 🃏 mahjong 🀄 mahjong_red_dragon 🀄
flower_playing_cards 🎴 performing_arts 🎭 frame_with_picture 🖼️ framed_picture 🖼️ art
🎨 artist_palette 🎨 thread 🧵 sewing_needle 🪡 yarn 🧶 knot 🪢 eyeglasses 👓 glasses 👓
dark_sunglasses 🕶️ goggles 🥽 lab_coat 🥼 safety_vest 🦺 necktie 👔 shirt 👕 tshirt 👕
t-shirt 👕 t_shirt 👕 jeans 👖 scarf 🧣 gloves 🧤 coat 🧥 socks 🧦 dress 👗 kimono 👘 sari 🥻
one-piece_swimsuit 🩱 one_piece_swimsuit 🩱 briefs 🩲 swim_brief 🩲 shorts 🩳 bikini 👙
womans_clothes 👚 folding_hand_fan 🪭 purse 👛 handbag 👜 pouch 👝 clutch_bag 👝
shopping_bags 🛍️ shopping 🛍️ school_satchel 🎒 backpack 🎒 thong_sandal 🩴 mans_shoe 👞
shoe 👞 athletic_shoe 👟 running_shoe 👟 hiking_boot 🥾 womans_flat_shoe 🥿 flat_shoe 🥿
high_heel 👠 high-heeled_shoe 👠 high_heeled_shoe 👠 sandal 👡 womans_sandal 👡
ballet_shoes 🩰 boot 👢 womans_boot 👢 hair_pick 🪮 crown 👑 womans_hat 👒 tophat 🎩
top_hat 🎩 mortar_board 🎓 graduation_cap 🎓 billed_cap 🧢 military_helmet 🪖
helmet_with_white_cross ⛑️ rescue_worker_helmet ⛑️ rescue_workers_helmet ⛑️
prayer_beads 📿 lipstick 💄 ring 💍 gem 💎 gem_stone 💎 mute 🔇 muted_speaker 🔇 speaker 🔈
speaker_low_volume 🔈 sound 🔉 speaker_medium_volume 🔉 loud_sound 🔊
speaker_high_volume 🔊 loudspeaker 📢 mega 📣 megaphone 📣 postal_horn 📯 bell 🔔 no_bell
🔕 bell_with_slash 🔕 musical_score 🎼 musical_note 🎵 notes 🎶 musical_notes 🎶
studio_microphone 🎙️ level_slider 🎚️ control_knobs 🎛️ microphone 🎤 headphones 🎧
headphone 🎧 radio 📻 saxophone 🎷 accordion 🪗 guitar 🎸 musical_keyboard 🎹 trumpet 🎺
violin 🎻 banjo 🪕 drum_with_drumsticks 🥁 drum 🥁 long_drum 🪘 maracas 🪇 flute 🪈 harp 🪉
iphone 📱 mobile_phone 📱 calling 📲 mobile_phone_with_arrow 📲 phone ☎️ telephone ☎️
telephone_receiver 📞 pager 📟 fax 📠 fax_machine 📠 battery 🔋 low_battery 🪫
electric_plug 🔌 computer 💻 laptop 💻 desktop_computer 🖥️ printer 🖨️ keyboard ⌨️
three_button_mouse 🖱️ computer_mouse 🖱️ trackball 🖲️ minidisc 💽 computer_disk 💽
floppy_disk 💾 cd 💿 optical_disk 💿 dvd 📀 abacus 🧮 movie_camera 🎥 film_frames 🎞️
film_strip 🎞️ film_projector 📽️ clapper 🎬 clapper_board 🎬 tv 📺 television 📺 camera 📷
camera_with_flash 📸 camera_flash 📸 video_camera 📹 vhs 📼 videocassette 📼 mag 🔍
magnifying_glass_tilted_left 🔍 mag_right 🔎 magnifying_glass_tilted_right 🔎 candle 🕯️
bulb 💡 light_bulb 💡 flashlight 🔦 izakaya_lantern 🏮 lantern 🏮 red_paper_lantern 🏮
diya_lamp 🪔 notebook_with_decorative_cover 📔 closed_book 📕 book 📖 open_book 📖
green_book 📗 blue_book 📘 orange_book 📙 books 📚 notebook 📓 ledger 📒 page_with_curl 📃
scroll 📜 page_facing_up 📄 newspaper 📰 rolled_up_newspaper 🗞️ rolled-up_newspaper 🗞️
newspaper_roll 🗞️ bookmark_tabs 📑 bookmark 🔖 label 🏷️ moneybag 💰 money_bag 💰 coin 🪙
yen 💴 yen_banknote 💴 dollar 💵 dollar_banknote 💵 euro 💶 euro_banknote 💶 pound 💷
pound_banknote 💷 money_with_wings 💸 credit_card 💳 receipt 🧾 chart 💹
chart_increasing_with_yen 💹 email ✉️ envelope ✉️ e-mail 📧 e_mail 📧 incoming_envelope
📨 envelope_with_arrow 📩 outbox_tray 📤 inbox_tray 📥 package 📦 mailbox 📫
closed_mailbox_with_raised_flag 📫 mailbox_closed 📪 closed_mailbox_with_lowered_flag
📪 mailbox_with_mail 📬 open_mailbox_with_raised_flag 📬 mailbox_with_no_mail 📭
open_mailbox_with_lowered_flag 📭 postbox 📮 ballot_box_with_ballot 🗳️ ballot_box 🗳️
pencil2 ✏️ pencil ✏️ black_nib ✒️ lower_left_fountain_pen 🖋️ fountain_pen 🖋️
lower_left_ballpoint_pen 🖊️ pen 🖊️ lower_left_paintbrush 🖌️ paintbrush 🖌️
lower_left_crayon 🖍️ crayon 🖍️ memo 📝 briefcase 💼 file_folder 📁 open_file_folder 📂
card_index_dividers 🗂️ date 📅 calendar 📅 tear-off_calendar 📆 tear_off_calendar 📆
spiral_note_pad 🗒️ spiral_notepad 🗒️ spiral_calendar_pad 🗓️ spiral_calendar 🗓️
card_index 📇 chart_with_upwards_trend 📈 chart_increasing 📈
chart_with_downwards_trend 📉 chart_decreasing 📉 bar_chart 📊 clipboard 📋 pushpin 📌
round_pushpin 📍 paperclip 📎 linked_paperclips 🖇️ paperclips 🖇️ straight_ruler 📏
triangular_ruler 📐 scissors ✂️ card_file_box 🗃️ file_cabinet 🗄️ wastebasket 🗑️ lock
🔒 locked 🔒 unlock 🔓 unlocked 🔓 lock_with_ink_pen 🔏 locked_with_pen 🔏
closed_lock_with_key 🔐 locked_with_key 🔐 key 🔑 old_key 🗝️ hammer 🔨 axe 🪓 pick ⛏️
hammer_and_pick ⚒️ hammer_and_wrench 🛠️ dagger_knife 🗡️ dagger 🗡️ crossed_swords ⚔️
bomb 💣 boomerang 🪃 bow_and_arrow 🏹 shield 🛡️ carpentry_saw 🪚 wrench 🔧 screwdriver 🪛
nut_and_bolt 🔩 gear ⚙️ compression 🗜️ clamp 🗜️ scales ⚖️ balance_scale ⚖️
probing_cane 🦯 white_cane 🦯 link 🔗 broken_chain ⛓️‍💥 chains ⛓️ hook 🪝 toolbox 🧰
magnet 🧲 ladder 🪜 shovel 🪏 alembic ⚗️ test_tube 🧪 petri_dish 🧫 dna 🧬 microscope 🔬
telescope 🔭 satellite_antenna 📡 syringe 💉 drop_of_blood 🩸 pill 💊 adhesive_bandage 🩹
crutch 🩼 stethoscope 🩺 x-ray 🩻 x_ray 🩻 door 🚪 elevator 🛗 mirror 🪞 window 🪟 bed 🛏️
couch_and_lamp 🛋️ chair 🪑 toilet 🚽 plunger 🪠 shower 🚿 bathtub 🛁 mouse_trap 🪤 razor 🪒
lotion_bottle 🧴 safety_pin 🧷 broom 🧹 basket 🧺 roll_of_paper 🧻 bucket 🪣 soap 🧼
bubbles 🫧 toothbrush 🪥 sponge 🧽 fire_extinguisher 🧯 shopping_trolley 🛒 shopping_cart
🛒 smoking 🚬 cigarette 🚬 coffin ⚰️ headstone 🪦 funeral_urn ⚱️ nazar_amulet 🧿 hamsa 🪬
moyai 🗿 moai 🗿 placard 🪧 identification_card 🪪 atm 🏧 atm_sign 🏧
put_litter_in_its_place 🚮 litter_in_bin_sign 🚮 potable_water 🚰 wheelchair ♿
wheelchair_symbol ♿ mens 🚹 mens_room 🚹 womens 🚺 womens_room 🚺 restroom 🚻 baby_symbol
🚼 wc 🚾 water_closet 🚾 passport_control 🛂 customs 🛃 baggage_claim 🛄 left_luggage 🛅
warning ⚠️ children_crossing 🚸 no_entry ⛔ no_entry_sign 🚫 prohibited 🚫 no_bicycles 🚳
no_smoking 🚭 do_not_litter 🚯 no_littering 🚯 non-potable_water 🚱 non_potable_water 🚱
no_pedestrians 🚷 no_mobile_phones 📵 underage 🔞 no_one_under_eighteen 🔞
radioactive_sign ☢️ radioactive ☢️ biohazard_sign ☣️ biohazard ☣️ arrow_up ⬆️
up_arrow ⬆️ arrow_upper_right ↗️ up-right_arrow ↗️ up_right_arrow ↗️ arrow_right ➡️
right_arrow ➡️ arrow_lower_right ↘️ down-right_arrow ↘️ down_right_arrow ↘️
arrow_down ⬇️ down_arrow ⬇️ arrow_lower_left ↙️ down-left_arrow ↙️ down_left_arrow
↙️ arrow_left ⬅️ left_arrow ⬅️ arrow_upper_left ↖️ up-left_arrow ↖️ up_left_arrow ↖️
arrow_up_down ↕️ up-down_arrow ↕️ up_down_arrow ↕️ left_right_arrow ↔️
left-right_arrow ↔️ leftwards_arrow_with_hook ↩️ right_arrow_curving_left ↩️
arrow_right_hook ↪️ left_arrow_curving_right ↪️ arrow_heading_up ⤴️
right_arrow_curving_up ⤴️ arrow_heading_down ⤵️ right_arrow_curving_down ⤵️
arrows_clockwise 🔃 clockwise_vertical_arrows 🔃 arrows_counterclockwise 🔄
counterclockwise_arrows_button 🔄 back 🔙 back_arrow 🔙 end 🔚 end_arrow 🔚 on 🔛 on_arrow
🔛 soon 🔜 soon_arrow 🔜 top 🔝 top_arrow 🔝 place_of_worship 🛐 atom_symbol ⚛️ om_symbol
🕉️ om 🕉️ star_of_david ✡️ wheel_of_dharma ☸️ yin_yang ☯️ latin_cross ✝️
orthodox_cross ☦️ star_and_crescent ☪️ peace_symbol ☮️ menorah_with_nine_branches 🕎
menorah 🕎 six_pointed_star 🔯 dotted_six-pointed_star 🔯 dotted_six_pointed_star 🔯
khanda 🪯 aries ♈ taurus ♉ gemini ♊ cancer ♋ leo ♌ virgo ♍ libra ♎ scorpius ♏ scorpio
♏ sagittarius ♐ capricorn ♑ aquarius ♒ pisces ♓ ophiuchus ⛎
twisted_rightwards_arrows 🔀 shuffle_tracks_button 🔀 repeat 🔁 repeat_button 🔁
repeat_one 🔂 repeat_single_button 🔂 arrow_forward ▶️ play_button ▶️ fast_forward ⏩
fast-forward_button ⏩ fast_forward_button ⏩
black_right_pointing_double_triangle_with_vertical_bar ⏭️ next_track_button ⏭️
black_right_pointing_triangle_with_double_vertical_bar ⏯️ play_or_pause_button ⏯️
arrow_backward ◀️ reverse_button ◀️ rewind ⏪ fast_reverse_button ⏪
black_left_pointing_double_triangle_with_vertical_bar ⏮️ last_track_button ⏮️
previous_track_button ⏮️ arrow_up_small 🔼 upwards_button 🔼 arrow_double_up ⏫
fast_up_button ⏫ arrow_down_small 🔽 downwards_button 🔽 arrow_double_down ⏬
fast_down_button ⏬ double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️
stop_button ⏹️ black_circle_for_record ⏺️ record_button ⏺️ eject ⏏️ eject_button ⏏️
eject_symbol ⏏️ cinema 🎦 low_brightness 🔅 dim_button 🔅 high_brightness 🔆
bright_button 🔆 signal_strength 📶 antenna_bars 📶 wireless 🛜 vibration_mode 📳
mobile_phone_off 📴 female_sign ♀️ male_sign ♂️ transgender_symbol ⚧️
heavy_multiplication_x ✖️ multiply ✖️ heavy_plus_sign ➕ plus ➕ heavy_minus_sign ➖
minus ➖ heavy_division_sign ➗ divide ➗ heavy_equals_sign 🟰 infinity ♾️ bangbang ‼️
double_exclamation_mark ‼️ interrobang ⁉️ exclamation_question_mark ⁉️ question ❓
red_question_mark ❓ grey_question ❔ white_question_mark ❔ grey_exclamation ❕
white_exclamation_mark ❕ exclamation ❗ heavy_exclamation_mark ❗ red_exclamation_mark
❗ wavy_dash 〰️ currency_exchange 💱 heavy_dollar_sign 💲 medical_symbol ⚕️
staff_of_aesculapius ⚕️ recycle ♻️ recycling_symbol ♻️ fleur_de_lis ⚜️ fleur-de-lis
⚜️ trident 🔱 trident_emblem 🔱 name_badge 📛 beginner 🔰 japanese_symbol_for_beginner 🔰
o ⭕ hollow_red_circle ⭕ white_check_mark ✅ check_mark_button ✅ ballot_box_with_check
☑️ check_box_with_check ☑️ heavy_check_mark ✔️ check_mark ✔️ x ❌ cross_mark ❌
negative_squared_cross_mark ❎ cross_mark_button ❎ curly_loop ➰ loop ➿
double_curly_loop ➿ part_alternation_mark 〽️ eight_spoked_asterisk ✳️
eight-spoked_asterisk ✳️ eight_pointed_black_star ✴️ eight-pointed_star ✴️
eight_pointed_star ✴️ sparkle ❇️ copyright ©️ registered ®️ tm ™️ trade_mark ™️
splatter 🫟 hash #️⃣ keycap_star *️⃣ asterisk *️⃣ zero 0️⃣ keycap_0 0️⃣ one 1️⃣
keycap_1 1️⃣ two 2️⃣ keycap_2 2️⃣ three 3️⃣ keycap_3 3️⃣ four 4️⃣ keycap_4 4️⃣ five
5️⃣ keycap_5 5️⃣ six 6️⃣ keycap_6 6️⃣ seven 7️⃣ keycap_7 7️⃣ eight 8️⃣ keycap_8 8️⃣
nine 9️⃣ keycap_9 9️⃣ keycap_ten 🔟 keycap_10 🔟 ten 🔟 capital_abcd 🔠
input_latin_uppercase 🔠 abcd 🔡 input_latin_lowercase 🔡 1234 🔢 input_numbers 🔢
symbols 🔣 input_symbols 🔣 abc 🔤 input_latin_letters 🔤 a 🅰️ a_button_blood_type 🅰️ ab
🆎 ab_button_blood_type 🆎 b 🅱️ b_button_blood_type 🅱️ cl 🆑 cl_button 🆑 cool 🆒
cool_button 🆒 free 🆓 free_button 🆓 information_source ℹ️ information ℹ️ id 🆔
id_button 🆔 m Ⓜ️ circled_m Ⓜ️ new 🆕 new_button 🆕 ng 🆖 ng_button 🆖 o2 🅾️
o_button_blood_type 🅾️ ok 🆗 ok_button 🆗 parking 🅿️ p_button 🅿️ sos 🆘 sos_button 🆘 up
🆙 up_button 🆙 vs 🆚 vs_button 🆚 koko 🈁 japanese_here_button 🈁 sa 🈂️
japanese_service_charge_button 🈂️ u6708 🈷️ japanese_monthly_amount_button 🈷️ u6709 🈶
japanese_not_free_of_charge_button 🈶 u6307 🈯 japanese_reserved_button 🈯
ideograph_advantage 🉐 japanese_bargain_button 🉐 u5272 🈹 japanese_discount_button 🈹
u7121 🈚 japanese_free_of_charge_button 🈚 u7981 🈲 japanese_prohibited_button 🈲 accept
🉑 japanese_acceptable_button 🉑 u7533 🈸 japanese_application_button 🈸 u5408 🈴
japanese_passing_grade_button 🈴 u7a7a 🈳 japanese_vacancy_button 🈳 congratulations ㊗️
japanese_congratulations_button ㊗️ secret ㊙️ japanese_secret_button ㊙️ u55b6 🈺
japanese_open_for_business_button 🈺 u6e80 🈵 japanese_no_vacancy_button 🈵 red_circle
🔴 large_orange_circle 🟠 orange_circle 🟠 large_yellow_circle 🟡 yellow_circle 🟡
large_green_circle 🟢 green_circle 🟢 large_blue_circle 🔵 blue_circle 🔵
large_purple_circle 🟣 purple_circle 🟣 large_brown_circle 🟤 brown_circle 🟤
black_circle ⚫ white_circle ⚪ large_red_square 🟥 red_square 🟥 large_orange_square 🟧
orange_square 🟧 large_yellow_square 🟨 yellow_square 🟨 large_green_square 🟩
green_square 🟩 large_blue_square 🟦 blue_square 🟦 large_purple_square 🟪 purple_square
🟪 large_brown_square 🟫 brown_square 🟫 black_large_square ⬛ white_large_square ⬜
black_medium_square ◼️ white_medium_square ◻️ black_medium_small_square ◾
black_medium-small_square ◾ white_medium_small_square ◽ white_medium-small_square ◽
black_small_square ▪️ white_small_square ▫️ large_orange_diamond 🔶
large_blue_diamond 🔷 small_orange_diamond 🔸 small_blue_diamond 🔹 small_red_triangle
🔺 red_triangle_pointed_up 🔺 small_red_triangle_down 🔻 red_triangle_pointed_down 🔻
diamond_shape_with_a_dot_inside 💠 diamond_with_a_dot 💠 radio_button 🔘
white_square_button 🔳 black_square_button 🔲 checkered_flag 🏁 chequered_flag 🏁
triangular_flag_on_post 🚩 triangular_flag 🚩 crossed_flags 🎌 waving_black_flag 🏴
black_flag 🏴 waving_white_flag 🏳️ white_flag 🏳️ rainbow-flag 🏳️‍🌈 rainbow_flag 🏳️‍🌈
transgender_flag 🏳️‍⚧️ pirate_flag 🏴‍☠️ flag-ac 🇦🇨 ascension_island 🇦🇨 flag-ad 🇦🇩
andorra 🇦🇩 flag-ae 🇦🇪 united_arab_emirates 🇦🇪 flag-af 🇦🇫 afghanistan 🇦🇫 flag-ag 🇦🇬
antigua_barbuda 🇦🇬 flag-ai 🇦🇮 anguilla 🇦🇮 flag-al 🇦🇱 albania 🇦🇱 flag-am 🇦🇲 armenia
🇦🇲 flag-ao 🇦🇴 angola 🇦🇴 flag-aq 🇦🇶 antarctica 🇦🇶 flag-ar 🇦🇷 argentina 🇦🇷 flag-as 🇦🇸
american_samoa 🇦🇸 flag-at 🇦🇹 austria 🇦🇹 flag-au 🇦🇺 australia 🇦🇺 flag-aw 🇦🇼 aruba 🇦🇼
flag-ax 🇦🇽 aland_islands 🇦🇽 flag-az 🇦🇿 azerbaijan 🇦🇿 flag-ba 🇧🇦 bosnia_herzegovina
🇧🇦 flag-bb 🇧🇧 barbados 🇧🇧 flag-bd 🇧🇩 bangladesh 🇧🇩 flag-be 🇧🇪 belgium 🇧🇪 flag-bf 🇧🇫
burkina_faso 🇧🇫 flag-bg 🇧🇬 bulgaria 🇧🇬 flag-bh 🇧🇭 bahrain 🇧🇭 flag-bi 🇧🇮 burundi 🇧🇮
flag-bj 🇧🇯 benin 🇧🇯 flag-bl 🇧🇱 st_barthelemy 🇧🇱 flag-bm 🇧🇲 bermuda 🇧🇲 flag-bn 🇧🇳
brunei 🇧🇳 flag-bo 🇧🇴 bolivia 🇧🇴 flag-bq 🇧🇶 caribbean_netherlands 🇧🇶 flag-br 🇧🇷
brazil 🇧🇷 flag-bs 🇧🇸 bahamas 🇧🇸 flag-bt 🇧🇹 bhutan 🇧🇹 flag-bv 🇧🇻 bouvet_island 🇧🇻
flag-bw 🇧🇼 botswana 🇧🇼 flag-by 🇧🇾 belarus 🇧🇾 flag-bz 🇧🇿 belize 🇧🇿 flag-ca 🇨🇦 canada
🇨🇦 flag-cc 🇨🇨 cocos_islands 🇨🇨 flag-cd 🇨🇩 congo_kinshasa 🇨🇩 flag-cf 🇨🇫
central_african_republic 🇨🇫 flag-cg 🇨🇬 congo_brazzaville 🇨🇬 flag-ch 🇨🇭 switzerland
🇨🇭 flag-ci 🇨🇮 cote_divoire 🇨🇮 flag-ck 🇨🇰 cook_islands 🇨🇰 flag-cl 🇨🇱 chile 🇨🇱 flag-cm
🇨🇲 cameroon 🇨🇲 cn 🇨🇳 flag-cn 🇨🇳 flag-co 🇨🇴 colombia 🇨🇴 flag-cp 🇨🇵 clipperton_island
🇨🇵 flag-sark 🇨🇶 flag-cr 🇨🇷 costa_rica 🇨🇷 flag-cu 🇨🇺 cuba 🇨🇺 flag-cv 🇨🇻 cape_verde 🇨🇻
flag-cw 🇨🇼 curacao 🇨🇼 flag-cx 🇨🇽 christmas_island 🇨🇽 flag-cy 🇨🇾 cyprus 🇨🇾 flag-cz 🇨🇿
czech_republic 🇨🇿 de 🇩🇪 flag-de 🇩🇪 flag-dg 🇩🇬 diego_garcia 🇩🇬 flag-dj 🇩🇯 djibouti 🇩🇯
flag-dk 🇩🇰 denmark 🇩🇰 flag-dm 🇩🇲 dominica 🇩🇲 flag-do 🇩🇴 dominican_republic 🇩🇴
flag-dz 🇩🇿 algeria 🇩🇿 flag-ea 🇪🇦 ceuta_melilla 🇪🇦 flag-ec 🇪🇨 ecuador 🇪🇨 flag-ee 🇪🇪
estonia 🇪🇪 flag-eg 🇪🇬 egypt 🇪🇬 flag-eh 🇪🇭 western_sahara 🇪🇭 flag-er 🇪🇷 eritrea 🇪🇷 es
🇪🇸 flag-es 🇪🇸 flag-et 🇪🇹 ethiopia 🇪🇹 flag-eu 🇪🇺 eu 🇪🇺 european_union 🇪🇺 flag-fi 🇫🇮
finland 🇫🇮 flag-fj 🇫🇯 fiji 🇫🇯 flag-fk 🇫🇰 falkland_islands 🇫🇰 flag-fm 🇫🇲 micronesia
🇫🇲 flag-fo 🇫🇴 faroe_islands 🇫🇴 fr 🇫🇷 flag-fr 🇫🇷 flag-ga 🇬🇦 gabon 🇬🇦 gb 🇬🇧 uk 🇬🇧
flag-gb 🇬🇧 flag-gd 🇬🇩 grenada 🇬🇩 flag-ge 🇬🇪 georgia 🇬🇪 flag-gf 🇬🇫 french_guiana 🇬🇫
flag-gg 🇬🇬 guernsey 🇬🇬 flag-gh 🇬🇭 ghana 🇬🇭 flag-gi 🇬🇮 gibraltar 🇬🇮 flag-gl 🇬🇱
greenland 🇬🇱 flag-gm 🇬🇲 gambia 🇬🇲 flag-gn 🇬🇳 guinea 🇬🇳 flag-gp 🇬🇵 guadeloupe 🇬🇵
flag-gq 🇬🇶 equatorial_guinea 🇬🇶 flag-gr 🇬🇷 greece 🇬🇷 flag-gs 🇬🇸
south_georgia_south_sandwich_islands 🇬🇸 flag-gt 🇬🇹 guatemala 🇬🇹 flag-gu 🇬🇺 guam 🇬🇺
flag-gw 🇬🇼 guinea_bissau 🇬🇼 flag-gy 🇬🇾 guyana 🇬🇾 flag-hk 🇭🇰 hong_kong 🇭🇰 flag-hm 🇭🇲
heard_mcdonald_islands 🇭🇲 flag-hn 🇭🇳 honduras 🇭🇳 flag-hr 🇭🇷 croatia 🇭🇷 flag-ht 🇭🇹
haiti 🇭🇹 flag-hu 🇭🇺 hungary 🇭🇺 flag-ic 🇮🇨 canary_islands 🇮🇨 flag-id 🇮🇩 indonesia 🇮🇩
flag-ie 🇮🇪 ireland 🇮🇪 flag-il 🇮🇱 israel 🇮🇱 flag-im 🇮🇲 isle_of_man 🇮🇲 flag-in 🇮🇳
india 🇮🇳 flag-io 🇮🇴 british_indian_ocean_territory 🇮🇴 flag-iq 🇮🇶 iraq 🇮🇶 flag-ir 🇮🇷
iran 🇮🇷 flag-is 🇮🇸 iceland 🇮🇸 it 🇮🇹 flag-it 🇮🇹 flag-je 🇯🇪 jersey 🇯🇪 flag-jm 🇯🇲
jamaica 🇯🇲 flag-jo 🇯🇴 jordan 🇯🇴 jp 🇯🇵 flag-jp 🇯🇵 flag-ke 🇰🇪 kenya 🇰🇪 flag-kg 🇰🇬
kyrgyzstan 🇰🇬 flag-kh 🇰🇭 cambodia 🇰🇭 flag-ki 🇰🇮 kiribati 🇰🇮 flag-km 🇰🇲 comoros 🇰🇲
flag-kn 🇰🇳 st_kitts_nevis 🇰🇳 flag-kp 🇰🇵 north_korea 🇰🇵 kr 🇰🇷 flag-kr 🇰🇷 flag-kw 🇰🇼
kuwait 🇰🇼 flag-ky 🇰🇾 cayman_islands 🇰🇾 flag-kz 🇰🇿 kazakhstan 🇰🇿 flag-la 🇱🇦 laos 🇱🇦
flag-lb 🇱🇧 lebanon 🇱🇧 flag-lc 🇱🇨 st_lucia 🇱🇨 flag-li 🇱🇮 liechtenstein 🇱🇮 flag-lk 🇱🇰
sri_lanka 🇱🇰 flag-lr 🇱🇷 liberia 🇱🇷 flag-ls 🇱🇸 lesotho 🇱🇸 flag-lt 🇱🇹 lithuania 🇱🇹
flag-lu 🇱🇺 luxembourg 🇱🇺 flag-lv 🇱🇻 latvia 🇱🇻 flag-ly 🇱🇾 libya 🇱🇾 flag-ma 🇲🇦 morocco
🇲🇦 flag-mc 🇲🇨 monaco 🇲🇨 flag-md 🇲🇩 moldova 🇲🇩 flag-me 🇲🇪 montenegro 🇲🇪 flag-mf 🇲🇫
st_martin 🇲🇫 flag-mg 🇲🇬 madagascar 🇲🇬 flag-mh 🇲🇭 marshall_islands 🇲🇭 flag-mk 🇲🇰
macedonia 🇲🇰 flag-ml 🇲🇱 mali 🇲🇱 flag-mm 🇲🇲 myanmar 🇲🇲 flag-mn 🇲🇳 mongolia 🇲🇳 flag-mo
🇲🇴 macau 🇲🇴 flag-mp 🇲🇵 northern_mariana_islands 🇲🇵 flag-mq 🇲🇶 martinique 🇲🇶 flag-mr
🇲🇷 mauritania 🇲🇷 flag-ms 🇲🇸 montserrat 🇲🇸 flag-mt 🇲🇹 malta 🇲🇹 flag-mu 🇲🇺 mauritius
🇲🇺 flag-mv 🇲🇻 maldives 🇲🇻 flag-mw 🇲🇼 malawi 🇲🇼 flag-mx 🇲🇽 mexico 🇲🇽 flag-my 🇲🇾
malaysia 🇲🇾 flag-mz 🇲🇿 mozambique 🇲🇿 flag-na 🇳🇦 namibia 🇳🇦 flag-nc 🇳🇨 new_caledonia
🇳🇨 flag-ne 🇳🇪 niger 🇳🇪 flag-nf 🇳🇫 norfolk_island 🇳🇫 flag-ng 🇳🇬 nigeria 🇳🇬 flag-ni 🇳🇮
nicaragua 🇳🇮 flag-nl 🇳🇱 netherlands 🇳🇱 flag-no 🇳🇴 norway 🇳🇴 flag-np 🇳🇵 nepal 🇳🇵
flag-nr 🇳🇷 nauru 🇳🇷 flag-nu 🇳🇺 niue 🇳🇺 flag-nz 🇳🇿 new_zealand 🇳🇿 flag-om 🇴🇲 oman 🇴🇲
flag-pa 🇵🇦 panama 🇵🇦 flag-pe 🇵🇪 peru 🇵🇪 flag-pf 🇵🇫 french_polynesia 🇵🇫 flag-pg 🇵🇬
papua_new_guinea 🇵🇬 flag-ph 🇵🇭 philippines 🇵🇭 flag-pk 🇵🇰 pakistan 🇵🇰 flag-pl 🇵🇱
poland 🇵🇱 flag-pm 🇵🇲 st_pierre_miquelon 🇵🇲 flag-pn 🇵🇳 pitcairn_islands 🇵🇳 flag-pr 🇵🇷
puerto_rico 🇵🇷 flag-ps 🇵🇸 palestinian_territories 🇵🇸 flag-pt 🇵🇹 portugal 🇵🇹 flag-pw
🇵🇼 palau 🇵🇼 flag-py 🇵🇾 paraguay 🇵🇾 flag-qa 🇶🇦 qatar 🇶🇦 flag-re 🇷🇪 reunion 🇷🇪 flag-ro
🇷🇴 romania 🇷🇴 flag-rs 🇷🇸 serbia 🇷🇸 ru 🇷🇺 flag-ru 🇷🇺 flag-rw 🇷🇼 rwanda 🇷🇼 flag-sa 🇸🇦
saudi_arabia 🇸🇦 flag-sb 🇸🇧 solomon_islands 🇸🇧 flag-sc 🇸🇨 seychelles 🇸🇨 flag-sd 🇸🇩
sudan 🇸🇩 flag-se 🇸🇪 sweden 🇸🇪 flag-sg 🇸🇬 singapore 🇸🇬 flag-sh 🇸🇭 st_helena 🇸🇭
flag-si 🇸🇮 slovenia 🇸🇮 flag-sj 🇸🇯 svalbard_jan_mayen 🇸🇯 flag-sk 🇸🇰 slovakia 🇸🇰
flag-sl 🇸🇱 sierra_leone 🇸🇱 flag-sm 🇸🇲 san_marino 🇸🇲 flag-sn 🇸🇳 senegal 🇸🇳 flag-so 🇸🇴
somalia 🇸🇴 flag-sr 🇸🇷 suriname 🇸🇷 flag-ss 🇸🇸 south_sudan 🇸🇸 flag-st 🇸🇹
sao_tome_principe 🇸🇹 flag-sv 🇸🇻 el_salvador 🇸🇻 flag-sx 🇸🇽 sint_maarten 🇸🇽 flag-sy 🇸🇾
syria 🇸🇾 flag-sz 🇸🇿 swaziland 🇸🇿 flag-ta 🇹🇦 tristan_da_cunha 🇹🇦 flag-tc 🇹🇨
turks_caicos_islands 🇹🇨 flag-td 🇹🇩 chad 🇹🇩 flag-tf 🇹🇫 french_southern_territories 🇹🇫
flag-tg 🇹🇬 togo 🇹🇬 flag-th 🇹🇭 thailand 🇹🇭 flag-tj 🇹🇯 tajikistan 🇹🇯 flag-tk 🇹🇰
tokelau 🇹🇰 flag-tl 🇹🇱 timor_leste 🇹🇱 flag-tm 🇹🇲 turkmenistan 🇹🇲 flag-tn 🇹🇳 tunisia
🇹🇳 flag-to 🇹🇴 tonga 🇹🇴 flag-tr 🇹🇷 tr 🇹🇷 flag-tt 🇹🇹 trinidad_tobago 🇹🇹 flag-tv 🇹🇻
tuvalu 🇹🇻 flag-tw 🇹🇼 taiwan 🇹🇼 flag-tz 🇹🇿 tanzania 🇹🇿 flag-ua 🇺🇦 ukraine 🇺🇦 flag-ug
🇺🇬 uganda 🇺🇬 flag-um 🇺🇲 us_outlying_islands 🇺🇲 flag-un 🇺🇳 united_nations 🇺🇳 us 🇺🇸
flag-us 🇺🇸 flag-uy 🇺🇾 uruguay 🇺🇾 flag-uz 🇺🇿 uzbekistan 🇺🇿 flag-va 🇻🇦 vatican_city 🇻🇦
flag-vc 🇻🇨 st_vincent_grenadines 🇻🇨 flag-ve 🇻🇪 venezuela 🇻🇪 flag-vg 🇻🇬
british_virgin_islands 🇻🇬 flag-vi 🇻🇮 us_virgin_islands 🇻🇮 flag-vn 🇻🇳 vietnam 🇻🇳
flag-vu 🇻🇺 vanuatu 🇻🇺 flag-wf 🇼🇫 wallis_futuna 🇼🇫 flag-ws 🇼🇸 samoa 🇼🇸 flag-xk 🇽🇰
kosovo 🇽🇰 flag-ye 🇾🇪 yemen 🇾🇪 flag-yt 🇾🇹 mayotte 🇾🇹 flag-za 🇿🇦 south_africa 🇿🇦
flag-zm 🇿🇲 zambia 🇿🇲 flag-zw 🇿🇼 zimbabwe 🇿🇼 flag-england 🏴󠁧󠁢󠁥󠁮󠁧󠁿 england 🏴󠁧󠁢󠁥󠁮󠁧󠁿
flag-scotland 🏴󠁧󠁢󠁳󠁣󠁴󠁿 scotland 🏴󠁧󠁢󠁳󠁣󠁴󠁿 flag-wales 🏴󠁧󠁢󠁷󠁬󠁳󠁿 wales 🏴󠁧󠁢󠁷󠁬󠁳󠁿
"""

_TONED = """
wave 👋 waving_hand 👋 raised_back_of_hand 🤚 raised_hand_with_fingers_splayed 🖐️
hand_with_fingers_splayed 🖐️ hand ✋ raised_hand ✋ spock-hand 🖖 vulcan_salute 🖖
raised_hand_with_part_between_middle_and_ring_fingers 🖖 rightwards_hand 🫱
leftwards_hand 🫲 palm_down_hand 🫳 palm_up_hand 🫴 leftwards_pushing_hand 🫷
rightwards_pushing_hand 🫸 ok_hand 👌 pinched_fingers 🤌 pinching_hand 🤏 v ✌️
victory_hand ✌️ crossed_fingers 🤞 hand_with_index_and_middle_fingers_crossed 🤞
hand_with_index_finger_and_thumb_crossed 🫰 i_love_you_hand_sign 🤟 love-you_gesture 🤟
love_you_gesture 🤟 the_horns 🤘 sign_of_the_horns 🤘 metal 🤘 call_me_hand 🤙 point_left
👈 backhand_index_pointing_left 👈 point_right 👉 backhand_index_pointing_right 👉
point_up_2 👆 backhand_index_pointing_up 👆 middle_finger 🖕
reversed_hand_with_middle_finger_extended 🖕 fu 🖕 point_down 👇
backhand_index_pointing_down 👇 point_up ☝️ index_pointing_up ☝️
index_pointing_at_the_viewer 🫵 +1 👍 thumbsup 👍 thumbs_up 👍 -1 👎 thumbsdown 👎
thumbs_down 👎 _1 👎 fist ✊ raised_fist ✊ fist_raised ✊ facepunch 👊 punch 👊
oncoming_fist 👊 fist_oncoming 👊 left-facing_fist 🤛 fist_left 🤛 left_facing_fist 🤛
right-facing_fist 🤜 fist_right 🤜 right_facing_fist 🤜 clap 👏 clapping_hands 👏
raised_hands 🙌 raising_hands 🙌 heart_hands 🫶 open_hands 👐 palms_up_together 🤲 pray 🙏
folded_hands 🙏 writing_hand ✍️ nail_care 💅 nail_polish 💅 selfie 🤳 muscle 💪
flexed_biceps 💪 leg 🦵 foot 🦶 ear 👂 ear_with_hearing_aid 🦻 nose 👃 baby 👶 child 🧒 boy
👦 girl 👧 adult 🧑 person 🧑 person_with_blond_hair 👱 person_blond_hair 👱
blond_haired_person 👱 man 👨 bearded_person 🧔 person_beard 🧔 man_with_beard 🧔‍♂️
man_beard 🧔‍♂️ woman_with_beard 🧔‍♀️ woman_beard 🧔‍♀️ red_haired_man 👨‍🦰
man_red_hair 👨‍🦰 curly_haired_man 👨‍🦱 man_curly_hair 👨‍🦱 white_haired_man 👨‍🦳
man_white_hair 👨‍🦳 bald_man 👨‍🦲 man_bald 👨‍🦲 woman 👩 red_haired_woman 👩‍🦰
woman_red_hair 👩‍🦰 red_haired_person 🧑‍🦰 person_red_hair 🧑‍🦰 curly_haired_woman 👩‍🦱
woman_curly_hair 👩‍🦱 curly_haired_person 🧑‍🦱 person_curly_hair 🧑‍🦱
white_haired_woman 👩‍🦳 woman_white_hair 👩‍🦳 white_haired_person 🧑‍🦳
person_white_hair 🧑‍🦳 bald_woman 👩‍🦲 woman_bald 👩‍🦲 bald_person 🧑‍🦲 person_bald 🧑‍🦲
blond-haired-woman 👱‍♀️ woman_blond_hair 👱‍♀️ blonde_woman 👱‍♀️ blond_haired_woman
👱‍♀️ blond-haired-man 👱‍♂️ man_blond_hair 👱‍♂️ blond_haired_man 👱‍♂️ older_adult 🧓
older_person 🧓 older_man 👴 old_man 👴 older_woman 👵 old_woman 👵 person_frowning 🙍
frowning_person 🙍 man-frowning 🙍‍♂️ man_frowning 🙍‍♂️ frowning_man 🙍‍♂️
woman-frowning 🙍‍♀️ woman_frowning 🙍‍♀️ frowning_woman 🙍‍♀️ person_with_pouting_face
🙎 person_pouting 🙎 pouting_face 🙎 man-pouting 🙎‍♂️ man_pouting 🙎‍♂️ pouting_man 🙎‍♂️
woman-pouting 🙎‍♀️ woman_pouting 🙎‍♀️ pouting_woman 🙎‍♀️ no_good 🙅
person_gesturing_no 🙅 man-gesturing-no 🙅‍♂️ no_good_man 🙅‍♂️ ng_man 🙅‍♂️
man_gesturing_no 🙅‍♂️ woman-gesturing-no 🙅‍♀️ ng_woman 🙅‍♀️ no_good_woman 🙅‍♀️
woman_gesturing_no 🙅‍♀️ ok_woman 🙆 ok_person 🙆 person_gesturing_ok 🙆
man-gesturing-ok 🙆‍♂️ ok_man 🙆‍♂️ man_gesturing_ok 🙆‍♂️ woman-gesturing-ok 🙆‍♀️
woman_gesturing_ok 🙆‍♀️ information_desk_person 💁 person_tipping_hand 💁
tipping_hand_person 💁 man-tipping-hand 💁‍♂️ man_tipping_hand 💁‍♂️ sassy_man 💁‍♂️
tipping_hand_man 💁‍♂️ woman-tipping-hand 💁‍♀️ woman_tipping_hand 💁‍♀️ sassy_woman
💁‍♀️ tipping_hand_woman 💁‍♀️ raising_hand 🙋 person_raising_hand 🙋 man-raising-hand
🙋‍♂️ man_raising_hand 🙋‍♂️ raising_hand_man 🙋‍♂️ woman-raising-hand 🙋‍♀️
woman_raising_hand 🙋‍♀️ raising_hand_woman 🙋‍♀️ deaf_person 🧏 deaf_man 🧏‍♂️
deaf_woman 🧏‍♀️ bow 🙇 person_bowing 🙇 man-bowing 🙇‍♂️ man_bowing 🙇‍♂️ bowing_man
🙇‍♂️ woman-bowing 🙇‍♀️ woman_bowing 🙇‍♀️ bowing_woman 🙇‍♀️ face_palm 🤦
person_facepalming 🤦 facepalm 🤦 man-facepalming 🤦‍♂️ man_facepalming 🤦‍♂️
woman-facepalming 🤦‍♀️ woman_facepalming 🤦‍♀️ shrug 🤷 person_shrugging 🤷
man-shrugging 🤷‍♂️ man_shrugging 🤷‍♂️ woman-shrugging 🤷‍♀️ woman_shrugging 🤷‍♀️
health_worker 🧑‍⚕️ male-doctor 👨‍⚕️ man_health_worker 👨‍⚕️ female-doctor 👩‍⚕️
woman_health_worker 👩‍⚕️ student 🧑‍🎓 male-student 👨‍🎓 man_student 👨‍🎓 female-student
👩‍🎓 woman_student 👩‍🎓 teacher 🧑‍🏫 male-teacher 👨‍🏫 man_teacher 👨‍🏫 female-teacher
👩‍🏫 woman_teacher 👩‍🏫 judge 🧑‍⚖️ male-judge 👨‍⚖️ man_judge 👨‍⚖️ female-judge 👩‍⚖️
woman_judge 👩‍⚖️ farmer 🧑‍🌾 male-farmer 👨‍🌾 man_farmer 👨‍🌾 female-farmer 👩‍🌾
woman_farmer 👩‍🌾 cook 🧑‍🍳 male-cook 👨‍🍳 man_cook 👨‍🍳 female-cook 👩‍🍳 woman_cook 👩‍🍳
mechanic 🧑‍🔧 male-mechanic 👨‍🔧 man_mechanic 👨‍🔧 female-mechanic 👩‍🔧 woman_mechanic
👩‍🔧 factory_worker 🧑‍🏭 male-factory-worker 👨‍🏭 man_factory_worker 👨‍🏭
female-factory-worker 👩‍🏭 woman_factory_worker 👩‍🏭 office_worker 🧑‍💼
male-office-worker 👨‍💼 man_office_worker 👨‍💼 female-office-worker 👩‍💼
woman_office_worker 👩‍💼 scientist 🧑‍🔬 male-scientist 👨‍🔬 man_scientist 👨‍🔬
female-scientist 👩‍🔬 woman_scientist 👩‍🔬 technologist 🧑‍💻 male-technologist 👨‍💻
man_technologist 👨‍💻 female-technologist 👩‍💻 woman_technologist 👩‍💻 singer 🧑‍🎤
male-singer 👨‍🎤 man_singer 👨‍🎤 female-singer 👩‍🎤 woman_singer 👩‍🎤 artist 🧑‍🎨
male-artist 👨‍🎨 man_artist 👨‍🎨 female-artist 👩‍🎨 woman_artist 👩‍🎨 pilot 🧑‍✈️
male-pilot 👨‍✈️ man_pilot 👨‍✈️ female-pilot 👩‍✈️ woman_pilot 👩‍✈️ astronaut 🧑‍🚀
male-astronaut 👨‍🚀 man_astronaut 👨‍🚀 female-astronaut 👩‍🚀 woman_astronaut 👩‍🚀
firefighter 🧑‍🚒 male-firefighter 👨‍🚒 man_firefighter 👨‍🚒 female-firefighter 👩‍🚒
woman_firefighter 👩‍🚒 cop 👮 police_officer 👮 male-police-officer 👮‍♂️
man_police_officer 👮‍♂️ policeman 👮‍♂️ female-police-officer 👮‍♀️
woman_police_officer 👮‍♀️ policewoman 👮‍♀️ sleuth_or_spy 🕵️ detective 🕵️
male-detective 🕵️‍♂️ man_detective 🕵️‍♂️ male_detective 🕵️‍♂️ female-detective 🕵️‍♀️
woman_detective 🕵️‍♀️ female_detective 🕵️‍♀️ guardsman 💂 guard 💂 male-guard 💂‍♂️
man_guard 💂‍♂️ female-guard 💂‍♀️ woman_guard 💂‍♀️ guardswoman 💂‍♀️ ninja 🥷
construction_worker 👷 male-construction-worker 👷‍♂️ man_construction_worker 👷‍♂️
construction_worker_man 👷‍♂️ female-construction-worker 👷‍♀️
woman_construction_worker 👷‍♀️ construction_worker_woman 👷‍♀️ person_with_crown 🫅
prince 🤴 princess 👸 man_with_turban 👳 person_wearing_turban 👳 person_with_turban 👳
man-wearing-turban 👳‍♂️ man_wearing_turban 👳‍♂️ woman-wearing-turban 👳‍♀️
woman_wearing_turban 👳‍♀️ woman_with_turban 👳‍♀️ man_with_gua_pi_mao 👲
person_with_skullcap 👲 person_with_headscarf 🧕 woman_with_headscarf 🧕
person_in_tuxedo 🤵 man_in_tuxedo 🤵‍♂️ woman_in_tuxedo 🤵‍♀️ bride_with_veil 👰
person_with_veil 👰 man_with_veil 👰‍♂️ woman_with_veil 👰‍♀️ pregnant_woman 🤰
pregnant_man 🫃 pregnant_person 🫄 breast-feeding 🤱 breast_feeding 🤱
woman_feeding_baby 👩‍🍼 man_feeding_baby 👨‍🍼 person_feeding_baby 🧑‍🍼 angel 👼
baby_angel 👼 santa 🎅 santa_claus 🎅 mrs_claus 🤶 mother_christmas 🤶 mx_claus 🧑‍🎄
superhero 🦸 male_superhero 🦸‍♂️ man_superhero 🦸‍♂️ superhero_man 🦸‍♂️
female_superhero 🦸‍♀️ woman_superhero 🦸‍♀️ superhero_woman 🦸‍♀️ supervillain 🦹
male_supervillain 🦹‍♂️ man_supervillain 🦹‍♂️ supervillain_man 🦹‍♂️
female_supervillain 🦹‍♀️ woman_supervillain 🦹‍♀️ supervillain_woman 🦹‍♀️ mage 🧙
male_mage 🧙‍♂️ man_mage 🧙‍♂️ mage_man 🧙‍♂️ female_mage 🧙‍♀️ woman_mage 🧙‍♀️
mage_woman 🧙‍♀️ fairy 🧚 male_fairy 🧚‍♂️ man_fairy 🧚‍♂️ fairy_man 🧚‍♂️ female_fairy
🧚‍♀️ woman_fairy 🧚‍♀️ fairy_woman 🧚‍♀️ vampire 🧛 male_vampire 🧛‍♂️ man_vampire 🧛‍♂️
vampire_man 🧛‍♂️ female_vampire 🧛‍♀️ woman_vampire 🧛‍♀️ vampire_woman 🧛‍♀️ merperson
🧜 merman 🧜‍♂️ mermaid 🧜‍♀️ elf 🧝 male_elf 🧝‍♂️ man_elf 🧝‍♂️ elf_man 🧝‍♂️ female_elf
🧝‍♀️ woman_elf 🧝‍♀️ elf_woman 🧝‍♀️ massage 💆 person_getting_massage 💆
man-getting-massage 💆‍♂️ man_getting_massage 💆‍♂️ massage_man 💆‍♂️
woman-getting-massage 💆‍♀️ woman_getting_massage 💆‍♀️ massage_woman 💆‍♀️ haircut 💇
person_getting_haircut 💇 man-getting-haircut 💇‍♂️ man_getting_haircut 💇‍♂️
haircut_man 💇‍♂️ woman-getting-haircut 💇‍♀️ woman_getting_haircut 💇‍♀️ haircut_woman
💇‍♀️ walking 🚶 person_walking 🚶 man-walking 🚶‍♂️ man_walking 🚶‍♂️ walking_man 🚶‍♂️
woman-walking 🚶‍♀️ woman_walking 🚶‍♀️ walking_woman 🚶‍♀️ person_walking_facing_right
🚶‍➡️ woman_walking_facing_right 🚶‍♀️‍➡️ man_walking_facing_right 🚶‍♂️‍➡️
standing_person 🧍 person_standing 🧍 man_standing 🧍‍♂️ standing_man 🧍‍♂️
woman_standing 🧍‍♀️ standing_woman 🧍‍♀️ kneeling_person 🧎 person_kneeling 🧎
man_kneeling 🧎‍♂️ kneeling_man 🧎‍♂️ woman_kneeling 🧎‍♀️ kneeling_woman 🧎‍♀️
person_kneeling_facing_right 🧎‍➡️ woman_kneeling_facing_right 🧎‍♀️‍➡️
man_kneeling_facing_right 🧎‍♂️‍➡️ person_with_probing_cane 🧑‍🦯
person_with_white_cane 🧑‍🦯 person_with_white_cane_facing_right 🧑‍🦯‍➡️
man_with_probing_cane 👨‍🦯 man_with_white_cane 👨‍🦯 man_with_white_cane_facing_right
👨‍🦯‍➡️ woman_with_probing_cane 👩‍🦯 woman_with_white_cane 👩‍🦯
woman_with_white_cane_facing_right 👩‍🦯‍➡️ person_in_motorized_wheelchair 🧑‍🦼
person_in_motorized_wheelchair_facing_right 🧑‍🦼‍➡️ man_in_motorized_wheelchair 👨‍🦼
man_in_motorized_wheelchair_facing_right 👨‍🦼‍➡️ woman_in_motorized_wheelchair 👩‍🦼
woman_in_motorized_wheelchair_facing_right 👩‍🦼‍➡️ person_in_manual_wheelchair 🧑‍🦽
person_in_manual_wheelchair_facing_right 🧑‍🦽‍➡️ man_in_manual_wheelchair 👨‍🦽
man_in_manual_wheelchair_facing_right 👨‍🦽‍➡️ woman_in_manual_wheelchair 👩‍🦽
woman_in_manual_wheelchair_facing_right 👩‍🦽‍➡️ runner 🏃 running 🏃 person_running 🏃
man-running 🏃‍♂️ man_running 🏃‍♂️ running_man 🏃‍♂️ woman-running 🏃‍♀️ woman_running
🏃‍♀️ running_woman 🏃‍♀️ person_running_facing_right 🏃‍➡️ woman_running_facing_right
🏃‍♀️‍➡️ man_running_facing_right 🏃‍♂️‍➡️ dancer 💃 woman_dancing 💃 man_dancing 🕺
man_in_business_suit_levitating 🕴️ person_in_suit_levitating 🕴️
business_suit_levitating 🕴️ person_in_steamy_room 🧖 sauna_person 🧖
man_in_steamy_room 🧖‍♂️ sauna_man 🧖‍♂️ woman_in_steamy_room 🧖‍♀️ sauna_woman 🧖‍♀️
person_climbing 🧗 climbing 🧗 man_climbing 🧗‍♂️ climbing_man 🧗‍♂️ woman_climbing 🧗‍♀️
climbing_woman 🧗‍♀️ horse_racing 🏇 snowboarder 🏂 golfer 🏌️ person_golfing 🏌️ golfing
🏌️ man-golfing 🏌️‍♂️ man_golfing 🏌️‍♂️ golfing_man 🏌️‍♂️ woman-golfing 🏌️‍♀️
woman_golfing 🏌️‍♀️ golfing_woman 🏌️‍♀️ surfer 🏄 person_surfing 🏄 man-surfing 🏄‍♂️
man_surfing 🏄‍♂️ surfing_man 🏄‍♂️ woman-surfing 🏄‍♀️ woman_surfing 🏄‍♀️
surfing_woman 🏄‍♀️ rowboat 🚣 person_rowing_boat 🚣 man-rowing-boat 🚣‍♂️
man_rowing_boat 🚣‍♂️ rowing_man 🚣‍♂️ woman-rowing-boat 🚣‍♀️ woman_rowing_boat 🚣‍♀️
rowing_woman 🚣‍♀️ swimmer 🏊 person_swimming 🏊 man-swimming 🏊‍♂️ man_swimming 🏊‍♂️
swimming_man 🏊‍♂️ woman-swimming 🏊‍♀️ woman_swimming 🏊‍♀️ swimming_woman 🏊‍♀️
person_with_ball ⛹️ person_bouncing_ball ⛹️ bouncing_ball_person ⛹️
man-bouncing-ball ⛹️‍♂️ man_bouncing_ball ⛹️‍♂️ basketball_man ⛹️‍♂️
bouncing_ball_man ⛹️‍♂️ woman-bouncing-ball ⛹️‍♀️ woman_bouncing_ball ⛹️‍♀️
basketball_woman ⛹️‍♀️ bouncing_ball_woman ⛹️‍♀️ weight_lifter 🏋️
person_lifting_weights 🏋️ weight_lifting 🏋️ man-lifting-weights 🏋️‍♂️
man_lifting_weights 🏋️‍♂️ weight_lifting_man 🏋️‍♂️ woman-lifting-weights 🏋️‍♀️
woman_lifting_weights 🏋️‍♀️ weight_lifting_woman 🏋️‍♀️ bicyclist 🚴 person_biking 🚴
man-biking 🚴‍♂️ man_biking 🚴‍♂️ biking_man 🚴‍♂️ woman-biking 🚴‍♀️ woman_biking 🚴‍♀️
biking_woman 🚴‍♀️ mountain_bicyclist 🚵 person_mountain_biking 🚵 man-mountain-biking
🚵‍♂️ man_mountain_biking 🚵‍♂️ mountain_biking_man 🚵‍♂️ woman-mountain-biking 🚵‍♀️
woman_mountain_biking 🚵‍♀️ mountain_biking_woman 🚵‍♀️ person_doing_cartwheel 🤸
person_cartwheeling 🤸 cartwheeling 🤸 man-cartwheeling 🤸‍♂️ man_cartwheeling 🤸‍♂️
woman-cartwheeling 🤸‍♀️ woman_cartwheeling 🤸‍♀️ water_polo 🤽
person_playing_water_polo 🤽 man-playing-water-polo 🤽‍♂️ man_playing_water_polo 🤽‍♂️
woman-playing-water-polo 🤽‍♀️ woman_playing_water_polo 🤽‍♀️ handball 🤾
person_playing_handball 🤾 handball_person 🤾 man-playing-handball 🤾‍♂️
man_playing_handball 🤾‍♂️ woman-playing-handball 🤾‍♀️ woman_playing_handball 🤾‍♀️
juggling 🤹 person_juggling 🤹 juggling_person 🤹 man-juggling 🤹‍♂️ man_juggling 🤹‍♂️
woman-juggling 🤹‍♀️ woman_juggling 🤹‍♀️ person_in_lotus_position 🧘 lotus_position 🧘
man_in_lotus_position 🧘‍♂️ lotus_position_man 🧘‍♂️ woman_in_lotus_position 🧘‍♀️
lotus_position_woman 🧘‍♀️ bath 🛀 person_taking_bath 🛀 sleeping_accommodation 🛌
person_in_bed 🛌 sleeping_bed 🛌
"""
